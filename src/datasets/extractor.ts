import { availableParallelism } from 'node:os';
import type { LogMelTransform } from '../features/index.ts';
import { type ClipSource, type ExtractedClip, type ExtractionSettings, extractClip } from './extract.ts';
import { createWorkerPool } from './worker-pool.ts';

/**
 * Where a log-mel transform comes from: a module and its export, a function that returns one or a promise of one. A name and not the
 * transform itself, because worker threads load it for themselves.
 */
export interface TransformSource {
  /** `import.meta.resolve` or a file URL. */
  readonly module: string;
  readonly name: string;
}

export interface ExtractorSettings extends ExtractionSettings {
  readonly transform?: TransformSource;
}

/** Where clips are turned into what is stored of them. */
export interface Extractor {
  /** Groups that are worked on at once. */
  readonly lanes: number;
  /** What is stored of each of some clips, in their order. */
  extract(group: readonly ClipSource[]): Promise<ExtractedClip[]>;
  close(): Promise<void>;
}

/** Clips below which a thread of its own costs more than it saves. */
const clipsOfThread = 48;

/** An extractor for `clips` clips: on `workers` threads (default one for each core), or in this thread where they are few. */
export function createExtractor(
  settings: ExtractorSettings,
  clips: number,
  workers = availableParallelism(),
): Extractor {
  const threads = Math.min(workers, Math.floor(clips / clipsOfThread));
  return threads < 1 ? inlineExtractor(settings) : threadedExtractor(settings, threads);
}

/** An extractor in this thread. */
export function inlineExtractor(settings: ExtractorSettings): Extractor {
  let transform: Promise<LogMelTransform | undefined> | undefined;
  return {
    lanes: 1,
    async extract(group) {
      transform ??= loadTransform(settings.transform);
      const extracted: ExtractedClip[] = [];
      for (const source of group) extracted.push(await extractClip(source, settings, await transform));
      return extracted;
    },
    close: () => Promise.resolve(),
  };
}

function threadedExtractor(settings: ExtractorSettings, threads: number): Extractor {
  const pool = createWorkerPool<readonly ClipSource[], ExtractedClip[]>(
    { name: 'extract-worker', from: import.meta.url },
    settings,
    threads,
  );
  return { lanes: threads, extract: (group) => pool.run(group), close: () => pool.close() };
}

/** The transform of a source; undefined where there is no source or it has none for this machine. */
export async function loadTransform(source: TransformSource | undefined): Promise<LogMelTransform | undefined> {
  if (!source) return undefined;
  const module: Record<string, unknown> = await import(source.module);
  const create = module[source.name];
  if (typeof create !== 'function') throw new Error(`${source.module}: expected a function "${source.name}"`);
  return (await create()) as LogMelTransform | undefined;
}
