import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { writeFileAtomic } from '../../atomic-file.ts';
import { BadInputError, messageOf } from '../../errors.ts';
import type { AudioCnnOptions } from '../../models/audio-cnn-options.ts';
import { type CostSample, type Costs, costsSchema } from './cost-table.ts';
import type { MeasureSettings } from './schema.ts';

/** What `setBackend` takes where nobody asks for another. */
const defaultBackend = 'simd';

function costsFile(out: string): string {
  return path.join(out, 'costs.json');
}

/** What the measuring process prints (see `measure-process.ts`). */
const answerSchema = z.strictObject({
  stepSeconds: z.number().positive(),
  peakBytes: z.number().positive(),
  backend: z.looseObject({ name: z.string(), threads: z.number() }),
});

type AudioCnnShape = Omit<AudioCnnOptions, 'heads' | 'seed'>;

export interface MeasureRequest {
  model: AudioCnnShape;
  heads: Record<string, number>;
  mode: CostSample['mode'];
  batch: number;
  steps: number;
  warmup: number;
  backend?: string;
}

/** Runs one measurement in a process of its own. */
function measure(request: MeasureRequest, signal: AbortSignal | undefined): Promise<z.output<typeof answerSchema>> {
  const extension = path.extname(import.meta.filename);
  const script = path.join(import.meta.dirname, `measure-process${extension}`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, script, JSON.stringify(request)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-2000);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(answerSchema.parse(JSON.parse(stdout)));
      else
        reject(
          new Error(`measuring ${request.mode} failed with code ${code}: ${stderr.trim().split('\n').at(-1) ?? ''}`),
        );
    });
  });
}

export interface MeasureCostsOptions {
  out: string;
  backend?: string;
  signal?: AbortSignal;
  onProgress?: (sample: CostSample, done: number, total: number) => void;
}

/**
 * Measures time and memory of every pooling in interleaved rounds and writes `costs.json`; what an earlier call measured with
 * the same settings, on the same backend and threads, is kept.
 */
export async function measureCosts(settings: MeasureSettings, options: MeasureCostsOptions): Promise<Costs> {
  const earlier = await readCosts(options.out);
  const isSame =
    isDeepStrictEqual(earlier?.settings, JSON.parse(JSON.stringify(settings))) &&
    earlier?.backend.name === (options.backend ?? defaultBackend);
  const costs: Costs = (isSame ? earlier : undefined) ?? { settings, backend: { name: '', threads: 0 }, samples: [] };
  const modes = ['training', 'inference'] as const;
  const total = settings.rounds * settings.poolings.length * modes.length;
  for (let round = 0; round < settings.rounds; round++) {
    for (const mode of modes) {
      for (const pooling of settings.poolings) {
        const same = (sample: CostSample) =>
          sample.round === round && sample.mode === mode && sample.pooling === pooling;
        if (costs.samples.some(same)) continue;
        const { backend, ...sample } = await measure(
          {
            model: { ...settings.model, pooling },
            heads: settings.heads,
            mode,
            batch: settings.batch,
            steps: settings.steps,
            warmup: settings.warmup,
            backend: options.backend,
          },
          options.signal,
        );
        const { name, threads } = costs.backend;
        if (costs.samples.length > 0 && (backend.name !== name || backend.threads !== threads)) {
          await rm(costsFile(options.out));
          return measureCosts(settings, options);
        }
        costs.backend = backend;
        costs.samples.push({ round, pooling, mode, ...sample });
        await writeFileAtomic(costsFile(options.out), JSON.stringify(costs, undefined, 1));
        options.onProgress?.({ round, pooling, mode, ...sample }, costs.samples.length, total);
      }
    }
  }
  return costs;
}

/** costs.json of an experiment's folder, or undefined where nothing was measured. */
export async function readCosts(out: string): Promise<Costs | undefined> {
  const file = costsFile(out);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return costsSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new BadInputError(`${file}: expected measured costs, found ${messageOf(error).split('\n')[0]}`);
  }
}
