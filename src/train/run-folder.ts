import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { BadInputError, messageOf } from '../errors.ts';
import { resolvePipeline } from '../pipeline/load.ts';
import type { Pipeline } from '../pipeline/schema.ts';
import {
  type Environment,
  environmentSchema,
  type MetricsLine,
  metricsLineSchema,
  type RunResult,
  runResultSchema,
} from './results.ts';

/** Names of a run folder's files; `docs/run-folder.md` describes each. */
export const runFiles = {
  pipeline: 'pipeline.yaml',
  environment: 'environment.json',
  labels: 'labels.json',
  metrics: 'metrics.jsonl',
  result: 'result.json',
} as const;

const checkpoints = { best: 'best.safetensors', last: 'last.safetensors', state: 'last.state.safetensors' } as const;

/** A checkpoint of a run folder: the best or last weights, or all that resuming needs. */
export function checkpointFile(directory: string, kind: keyof typeof checkpoints): string {
  return path.join(directory, 'checkpoints', checkpoints[kind]);
}

/** Held by the process that trains in a run folder. */
export const runLock = '.lock';

/** Whether an entry of a folder is what an atomic write leaves behind when its process is killed. */
export function isTemporary(name: string): boolean {
  return /^\..+\.tmp$/.test(name);
}

/** Whether an entry of a folder is all that a process killed before its run began leaves behind. */
export function isLeftover(name: string): boolean {
  return isTemporary(name) || name === runLock;
}

/** labels.json: task → its label column and its classes in the order of the logits. */
export const labelsSchema = z.record(
  z.string(),
  z.strictObject({ label: z.string(), classes: z.array(z.string()).min(2) }),
);
export type Labels = z.output<typeof labelsSchema>;

export interface Run {
  readonly directory: string;
  readonly pipeline: Pipeline;
  readonly environment: Environment;
  readonly labels: Labels;
  readonly metrics: MetricsLine[];
  /** Absent while the run has not ended. */
  readonly result?: RunResult;
}

/**
 * Reads and checks a run folder.
 * @throws BadInputError naming the folder or the file: no run, half written, or not of this format.
 */
export async function readRun(directory: string): Promise<Run> {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw new BadInputError(
      `${directory}: expected a run folder, found ${existsSync(directory) ? 'a file' : 'nothing'}`,
    );
  }
  const read = (name: string): string => {
    const file = path.join(directory, name);
    if (!existsSync(file)) throw new BadInputError(`${directory}: expected a whole run folder, found no ${name} in it`);
    return readFileSync(file, 'utf8');
  };
  const checked = <T>(name: string, schema: z.ZodType<T>): T =>
    parseJson(read(name), schema, path.join(directory, name));
  const pipeline = parsePipeline(directory, read(runFiles.pipeline));
  const result = existsSync(path.join(directory, runFiles.result))
    ? checked(runFiles.result, runResultSchema)
    : undefined;
  return {
    directory,
    pipeline,
    environment: checked(runFiles.environment, environmentSchema),
    labels: checked(runFiles.labels, labelsSchema),
    metrics: readMetrics(directory),
    ...(result === undefined ? {} : { result }),
  };
}

function parsePipeline(directory: string, text: string): Pipeline {
  return resolvePipeline(parse(text), path.join(directory, runFiles.pipeline));
}

/** pipeline.yaml, the first file of a run. @throws BadInputError where it is not of this format. */
export function readPipeline(directory: string): Pipeline {
  return parsePipeline(directory, readFileSync(path.join(directory, runFiles.pipeline), 'utf8'));
}

/** environment.json. @throws BadInputError where it is not of this format. */
export function readEnvironment(directory: string): Environment {
  const file = path.join(directory, runFiles.environment);
  return parseJson(readFileSync(file, 'utf8'), environmentSchema, file);
}

/** labels.json. @throws BadInputError where it is not of this format. */
export function readLabels(directory: string): Labels {
  const file = path.join(directory, runFiles.labels);
  return parseJson(readFileSync(file, 'utf8'), labelsSchema, file);
}

/** Lines of metrics.jsonl; one that a killed run left half written at the end is not counted. */
export function readMetrics(directory: string): MetricsLine[] {
  const file = path.join(directory, runFiles.metrics);
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line, i) => parseJson(line, metricsLineSchema, `${file}, line ${i + 1}`));
}

function parseJson<T>(text: string, schema: z.ZodType<T>, where: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BadInputError(`${where}: expected JSON, found something else (${messageOf(error)})`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BadInputError(`${where}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not of the expected form'}`);
}
