import { readFileSync } from 'node:fs';
import path from 'node:path';
import { containerOf } from '../../src/audio/container.ts';

const fixtures = path.resolve(import.meta.dirname, '../fixtures/audio');
const opus = Buffer.concat([Buffer.from('OggS'), Buffer.alloc(24), Buffer.from('OpusHead')]);

test.each<[string, Uint8Array]>([
  ['FLAC', readFileSync(path.join(fixtures, 'tone.flac'))],
  ['MP3', readFileSync(path.join(fixtures, 'tone.mp3'))],
  ['MP3', Buffer.from('ID3\u0004')],
  ['Ogg Vorbis', readFileSync(path.join(fixtures, 'tone.ogg'))],
  ['Ogg Opus', opus],
  ['Ogg', Buffer.from('OggS')],
  ['WAV', Buffer.from('RF64')],
  ['other', Buffer.from('text')],
  ['other', new Uint8Array()],
])('containerOf() knows %s by its first bytes', (name, bytes) => {
  expect(containerOf(bytes)).toBe(name);
});
