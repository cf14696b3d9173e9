/**
 * Stands in for the `spectride` command in tests of experiments: `train` writes a run folder in two halves and notes every
 * call. STAND_IN_FAIL names a run that fails, STAND_IN_SLOW one that waits after its first half until it is interrupted,
 * STAND_IN_LATE one that ends only when another run of its folder has.
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    out: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    resume: { type: 'boolean', default: false },
  },
});
const [, pipeline] = positionals;
const { loadPipeline, serializePipeline } = await import('../../src/pipeline/load.ts');
const resolved = await loadPipeline(pipeline, { set: values.set, seed: Number(values.seed) });
const id = path.basename(values.out);
appendFileSync(path.join(path.dirname(values.out), 'calls.txt'), `${id}${values.resume ? ' resumed' : ''}\n`);
if (process.env.STAND_IN_FAIL === id) {
  process.stderr.write('spectride: the loss is not a number at step 7\n');
  process.exit(1);
}
const write = (name, content) => {
  const file = path.join(values.out, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
};
if (!values.resume) {
  write('pipeline.yaml', serializePipeline(resolved));
  write('labels.json', JSON.stringify({ words: { label: 'label', classes: ['no', 'yes'] } }));
  write(
    'environment.json',
    JSON.stringify({
      spectride: '0.1.0',
      node: '24.0.0',
      tfjs: '4.22.0',
      backend: { name: 'cpu', threads: 1, instructions: 'javascript' },
      platform: 'test',
      cores: 1,
      commit: null,
      seed: resolved.seed,
      started: '2026-01-01T00:00:00.000Z',
    }),
  );
  write('checkpoints/last.state.safetensors', '{}');
  if (process.env.STAND_IN_SLOW === id) {
    process.on('SIGINT', () => process.exit(130));
    writeFileSync(path.join(path.dirname(values.out), 'waiting'), '');
    setInterval(() => {}, 1000);
    await new Promise(() => {});
  }
} else if (!existsSync(path.join(values.out, 'checkpoints/last.state.safetensors'))) {
  process.exit(2);
}
if (process.env.STAND_IN_LATE === id) {
  const folder = path.dirname(values.out);
  const ended = () => readdirSync(folder).some((name) => existsSync(path.join(folder, name, 'result.json')));
  for (let tries = 0; tries < 1500 && !ended(); tries++) await wait(20);
}
const stride = 2 - 0.1 * (1 + resolved.seed);
const axis = (name, length) => ({
  block: 1,
  axis: name,
  pooled: true,
  stride,
  inputLength: length,
  outputLength: Math.floor(length / stride + 8),
  smoothness: 4,
  learned: true,
});
write(
  'result.json',
  JSON.stringify({
    name: resolved.name,
    weights: 'best',
    steps: 10,
    bestStep: 10,
    seconds: 1,
    clips: { words: { train: 10, validation: 2, test: 4 } },
    parameters: 100,
    multiplyAdds: 1000,
    evaluation: [
      {
        split: 'test',
        tasks: [
          {
            task: 'words',
            classes: ['no', 'yes'],
            clips: 4,
            correct: 3,
            accuracy: 0.75,
            interval: [0.3, 0.95],
            balancedAccuracy: 0.75,
            loss: 0.5,
            auc: 0.8,
            perClass: [],
            confusion: [
              [2, 0],
              [1, 1],
            ],
          },
        ],
      },
    ],
    axes: [axis('time', 98), axis('frequency', 64)],
  }),
);
