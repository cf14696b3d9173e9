import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Threads that answer requests, each one request at a time. */
export interface WorkerPool<Request, Answer> {
  readonly size: number;
  run(request: Request): Promise<Answer>;
  close(): Promise<void>;
}

/** What a worker answers: the result, or the message of what went wrong. */
export type WorkerAnswer<Answer> = { readonly result: Answer } | { readonly error: string };

interface Waiting<Request, Answer> {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Threads that run the module at `url` (without its extension: sources are `.ts`, the built package `.js`) with `workerData`; by default one for each core.
 * Requests wait in order for a free thread.
 */
export function createWorkerPool<Request, Answer>(
  url: { readonly name: string; readonly from: string },
  workerData: unknown,
  size = availableParallelism(),
): WorkerPool<Request, Answer> {
  const extension = url.from.endsWith('.ts') ? '.ts' : '.js';
  const module = new URL(`./${url.name}${extension}`, url.from);
  const workers = new Set<Worker>();
  const idle: Worker[] = [];
  const waiting: Waiting<Request, Answer>[] = [];
  const busy = new Map<Worker, Waiting<Request, Answer>>();
  let broken: Error | undefined;

  function start(): Worker {
    const worker = new Worker(module, { workerData, execArgv: ['--no-warnings'] });
    workers.add(worker);
    worker.on('message', (answer: WorkerAnswer<Answer>) => {
      const job = busy.get(worker);
      busy.delete(worker);
      idle.push(worker);
      if (job && 'result' in answer) job.resolve(answer.result);
      else if (job && 'error' in answer) job.reject(new Error(answer.error));
      next();
    });
    worker.on('error', fail);
    worker.on('exit', (code) => {
      if (workers.has(worker)) fail(new Error(`a worker thread ended with code ${code}`));
    });
    return worker;
  }

  function fail(error: Error): void {
    broken = error;
    for (const job of [...busy.values(), ...waiting.splice(0)]) job.reject(error);
    busy.clear();
  }

  function next(): void {
    const worker = idle.pop() ?? (workers.size < size && waiting.length > 0 ? start() : undefined);
    if (!worker) return;
    const job = waiting.shift();
    if (!job) {
      idle.push(worker);
      return;
    }
    busy.set(worker, job);
    worker.postMessage(job.request);
  }

  return {
    size,
    run(request) {
      if (broken) return Promise.reject(broken);
      return new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject });
        next();
      });
    },
    async close() {
      const ending = [...workers];
      workers.clear();
      await Promise.all(ending.map((worker) => worker.terminate()));
    },
  };
}
