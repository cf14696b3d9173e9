/**
 * What kind of audio file these bytes begin: `WAV`, `FLAC`, `Ogg Vorbis`, `Ogg Opus`, `Ogg`, `MP3`, or `other` for what nothing tells. At
 * least the first 64 bytes are wanted.
 */
export function containerOf(head: Uint8Array): string {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 64)).toString('latin1');
  if (/^(RIFF|RIFX|RF64|BW64)/.test(text)) return 'WAV';
  if (text.startsWith('fLaC')) return 'FLAC';
  if (text.startsWith('OggS')) {
    if (text.includes('OpusHead')) return 'Ogg Opus';
    if (text.includes('\u0001vorbis')) return 'Ogg Vorbis';
    return 'Ogg';
  }
  // An ID3v2 tag, or the eleven set bits that begin an MPEG audio frame.
  if (text.startsWith('ID3') || (head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0)) return 'MP3';
  return 'other';
}
