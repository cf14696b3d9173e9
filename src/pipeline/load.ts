import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { BadInputError, messageOf } from '../errors.ts';
import { explain } from './explain.ts';
import { override } from './override.ts';
import { type Pipeline, type PipelineInput, pipelineSchema } from './schema.ts';

export interface LoadOptions {
  /** Overrides in order, each `a.b=c`; paths in them are relative to the working folder. */
  readonly set?: readonly string[];
  readonly seed?: number;
}

/**
 * Checks a pipeline and fills in every default.
 * @param where what to call it in messages: its file.
 * @throws BadInputError: the field, what was expected and what was found; for an unknown key the nearest known one.
 */
export function resolvePipeline(input: unknown, where = 'pipeline'): Pipeline {
  const parsed = pipelineSchema.safeParse(input);
  if (!parsed.success) throw new BadInputError(`${where}: ${explain(parsed.error, input)}`);
  const { tasks } = parsed.data;
  const repeated = tasks.find((task, i) => tasks.findIndex((other) => other.name === task.name) !== i);
  if (repeated) throw new BadInputError(`${where}: tasks: expected different names, found "${repeated.name}" twice`);
  const { train } = parsed.data;
  if (train.microBatch !== undefined && train.microBatch > train.batch) {
    throw new BadInputError(
      `${where}: train.microBatch: expected at most train.batch (${train.batch}), found ${train.microBatch}`,
    );
  }
  if (train.augmentation.noise !== undefined && !parsed.data.features.waveform) {
    throw new BadInputError(
      `${where}: train.augmentation.noise: expected features.waveform to be true, since noise is mixed into samples, found false`,
    );
  }
  return parsed.data;
}

/**
 * Reads a pipeline file (YAML, parsed as data), applies overrides, checks it and fills in every default. Relative paths of data sets are
 * taken from the file's folder, those in overrides from the working folder; the result holds absolute ones.
 * @throws BadInputError where the file is missing, is not YAML, or says something that cannot be meant.
 */
export async function loadPipeline(file: string, { set = [], seed }: LoadOptions = {}): Promise<Pipeline> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new BadInputError(`${file}: cannot be read (${messageOf(error)}); expected a pipeline file`);
  });
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    const [line] = messageOf(error).split('\n');
    throw new BadInputError(`${file}: not YAML: ${line}`);
  }
  const located = withPathsFrom(document, path.dirname(path.resolve(file)));
  const changed = set.reduce<unknown>(override, located);
  const pipeline = resolvePipeline(withPathsFrom(changed, process.cwd()), file);
  return seed === undefined ? pipeline : resolvePipeline({ ...pipeline, seed }, file);
}

/** The pipeline as YAML with every default written out: what a run folder keeps. */
export function serializePipeline(pipeline: Pipeline): string {
  return stringify(pipeline, { lineWidth: 0 });
}

/** A pipeline made in code, from an object. */
export function definePipeline(input: PipelineInput): Pipeline {
  return resolvePipeline(input);
}

/** A copy in which every `folder:` and `manifest:` of the tasks and the folder of noise are absolute; anything else is left alone. */
function withPathsFrom(document: unknown, folder: string): unknown {
  const absolute = (source: unknown) =>
    typeof source === 'string' && source !== '' ? path.resolve(folder, source) : source;
  return withTaskPaths(replacedAt(document, ['train', 'augmentation', 'noise', 'source'], absolute), folder);
}

/** A copy with the value at a path of keys replaced; the same document where there is none. */
function replacedAt(
  document: unknown,
  [key, ...rest]: readonly string[],
  replace: (value: unknown) => unknown,
): unknown {
  if (key === undefined) return replace(document);
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, key)) return document;
  return { ...document, [key]: replacedAt(Reflect.get(document, key), rest, replace) };
}

function withTaskPaths(document: unknown, folder: string): unknown {
  if (typeof document !== 'object' || document === null || !('tasks' in document) || !Array.isArray(document.tasks)) {
    return document;
  }
  const tasks = document.tasks.map((task: unknown) => {
    if (typeof task !== 'object' || task === null || !('dataset' in task) || typeof task.dataset !== 'string')
      return task;
    const match = /^(folder|manifest):(.+)$/s.exec(task.dataset);
    return match ? { ...task, dataset: `${match[1]}:${path.resolve(folder, match[2] ?? '')}` } : task;
  });
  return { ...document, tasks };
}
