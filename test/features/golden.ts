import { readFileSync } from 'node:fs';
import type { LogMelOptions } from '../../src/features/index.ts';

/** A filterbank of `mel_filterbanks.json`. */
export interface GoldenBank {
  id: string;
  params: {
    sampleRate: number;
    nFft: number;
    nMels: number;
    fMin: number;
    fMax: number;
    melScale: 'htk' | 'slaney';
    norm: 'slaney' | null;
    triangles: 'hz' | 'mel';
  };
  rows: { first: number; values: number[] }[];
}

interface GoldenClip {
  input: { dtype: 'int16' | 'float32'; scale: number; base64: string };
  variants: Record<string, { frames: number; mels: number; values: number[][] }>;
}

export function readBanks(file: string): GoldenBank[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { banks: GoldenBank[] }).banks;
}

export function bankOptions({ params }: GoldenBank): LogMelOptions {
  return {
    sampleRate: params.sampleRate,
    fftLength: params.nFft,
    bins: params.nMels,
    lowFrequency: params.fMin,
    highFrequency: params.fMax,
    melScale: params.melScale,
    normalization: params.norm ?? 'none',
    triangles: params.triangles === 'hz' ? 'hertz' : 'mel',
  };
}

/** Settings that reproduce each variant of the golden clips. */
export const variantOptions: Record<string, LogMelOptions> = {
  'tf_mag_add1e-5': { preset: 'tagliasacchi' },
  'tf_pow_add1e-5': { preset: 'tensorflow' },
  'leaf_pow_add1e-5': { preset: 'leaf' },
  'librosa_pow_max1e-10': { preset: 'librosa' },
  'librosa_pow_add1e-5': { preset: 'torchaudio', offset: 1e-5 },
  'librosa_mag_add1e-5': { preset: 'librosa', power: 1, offset: 1e-5 },
  'librosa_mag_max1e-10': { preset: 'librosa', power: 1 },
};

/** Samples and expected log-mels of one golden clip. */
export function readClip(file: string): { samples: Float32Array; variants: GoldenClip['variants'] } {
  const { input, variants } = JSON.parse(readFileSync(file, 'utf8')) as GoldenClip;
  const bytes = new Uint8Array(Buffer.from(input.base64, 'base64'));
  const samples =
    input.dtype === 'float32'
      ? new Float32Array(bytes.buffer)
      : Float32Array.from(new Int16Array(bytes.buffer), (value) => value * input.scale);
  return { samples, variants };
}
