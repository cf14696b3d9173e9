import type { SampleRateConverter } from '@alexanderolsen/libsamplerate-js';
import { BadInputError } from '../errors.ts';

/** Resamples a stream block by block. */
export interface Resampler {
  /** The next block of input; returns the output it completes. */
  push(block: Float32Array): Float32Array;
  /** Ends the stream and returns the rest: in all ceil(input · to / from) samples have come out. */
  flush(): Float32Array;
  /** Gives the converter back; the resampler is of no use after it. */
  close(): void;
}

/** Samples that a call to the converter may take or give, well below its own limit of 1,008,000. */
const blockLength = 1 << 16;
/** libsamplerate's SRC_MAX_RATIO, and the reciprocal of its least ratio. */
const largestRatio = 256;
/** The converter's largest rate; only the ratio counts, so rates are reduced by their common divisor first. */
const largestRate = 192_000;

/**
 * Converters at rest, the latest last: making one takes some 20 ms (it compiles and instantiates a WebAssembly module with a filter
 * table, 17 MB in all), starting it afresh a tenth of a millisecond.
 */
const resting: { readonly rates: string; readonly converter: SampleRateConverter }[] = [];
const mostResting = 3;

/**
 * Band-limited resampling without delay: sample 0 of the output is at the time of sample 0 of the input (libsamplerate's
 * SRC_SINC_MEDIUM_QUALITY: flat to 7 kHz within 0.3 dB at 16 kHz, aliases below −100 dB).
 * @param from, to sample rates in hertz: positive integers, neither more than 256 times the other.
 * @throws BadInputError naming both rates where they are not.
 */
export async function createResampler(from: number, to: number): Promise<Resampler> {
  const [input, output] = reducedRates(from, to);
  const rates = `${input}:${output}`;
  const converter = takeResting(rates) ?? (await createConverter(input, output));
  const largestBlock = Math.max(1, Math.floor(blockLength / Math.max(1, output / input)));
  const outputFor = (samples: number) => Math.ceil((samples * output) / input);
  let taken = 0;
  let given = 0;
  const convert = (block: Float32Array): Float32Array => {
    const pieces: Float32Array[] = [];
    for (let i = 0; i < block.length; i += largestBlock) {
      pieces.push(converter.full(block.subarray(i, i + largestBlock)));
    }
    const samples = join(pieces);
    given += samples.length;
    return samples;
  };
  return {
    push(block) {
      taken += block.length;
      return convert(block);
    },
    flush() {
      // The converter holds back what later input could still change: zeros stand for the silence behind the end.
      const missing = outputFor(taken) - given;
      const silence = new Float32Array(Math.min(largestBlock, Math.ceil((Math.max(0, missing) * input) / output) + 1));
      const pieces: Float32Array[] = [];
      while (given < outputFor(taken)) pieces.push(convert(silence));
      return join(pieces).subarray(0, Math.max(0, missing));
    },
    close() {
      converter.inputSampleRate = input;
      resting.push({ rates, converter });
      if (resting.length > mostResting) resting.shift()?.converter.destroy();
    },
  };
}

/**
 * Resamples a whole mono clip: ceil(samples.length · to / from) samples, without delay (see `createResampler`).
 * @throws BadInputError as `createResampler`.
 */
export async function resample(samples: Float32Array, from: number, to: number): Promise<Float32Array> {
  if (from === to) return samples.slice();
  const resampler = await createResampler(from, to);
  try {
    return join([resampler.push(samples), resampler.flush()]);
  } finally {
    resampler.close();
  }
}

function takeResting(rates: string): SampleRateConverter | undefined {
  const index = resting.findLastIndex((one) => one.rates === rates);
  return index < 0 ? undefined : resting.splice(index, 1)[0]?.converter;
}

async function createConverter(from: number, to: number): Promise<SampleRateConverter> {
  const { default: library } = await import('@alexanderolsen/libsamplerate-js');
  return library.create(1, from, to, { converterType: library.ConverterType.SRC_SINC_MEDIUM_QUALITY });
}

/** The two rates without their common divisor. */
function reducedRates(from: number, to: number): [number, number] {
  const refuse = (expected: string) =>
    new BadInputError(`resample: expected ${expected}, found ${from} Hz to ${to} Hz`);
  if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from > 0 && to > 0)) {
    throw refuse('sample rates that are positive integers');
  }
  if (Math.max(from / to, to / from) > largestRatio) {
    throw refuse(`sample rates at most a factor of ${largestRatio} apart`);
  }
  let [divisor, rest] = [from, to];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  const rates: [number, number] = [from / divisor, to / divisor];
  if (Math.max(...rates) > largestRate) throw refuse(`sample rates up to ${largestRate} Hz or in a simpler ratio`);
  return rates;
}

function join(pieces: readonly Float32Array[]): Float32Array {
  const [only] = pieces;
  if (pieces.length === 1 && only) return only;
  const samples = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    samples.set(piece, offset);
    offset += piece.length;
  }
  return samples;
}
