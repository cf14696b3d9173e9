/** One run of tfjs-core's tests on one backend: `node tfjs-tests-run.ts BACKEND OUTPUT [FILTER]`; `tfjs-tests.ts` calls it. */
import './tfjs-tests-loader.ts';
import { writeFileSync } from 'node:fs';
import module from 'node:module';
import type { Outcome } from './tfjs-tests.ts';

interface SpecResult {
  fullName: string;
  status: Outcome['status'];
  failedExpectations: { message: string }[];
}
interface JasmineEnvironment {
  configure(options: { random: boolean; specFilter: (spec: { getFullName(): string }) => boolean }): void;
  clearReporters(): void;
  addReporter(reporter: { specDone(result: SpecResult): void }): void;
  execute(): Promise<unknown>;
}
interface JasmineCore {
  core(required: JasmineCore): { getEnv(): JasmineEnvironment; DEFAULT_TIMEOUT_INTERVAL: number };
  interface(jasmine: unknown, environment: JasmineEnvironment): object;
}
interface TestEnvironment {
  name: string;
  backendName: string;
  flags: object;
  isDataSync: boolean;
}

const [backend = 'cpu', output = 'tfjs-tests.json', filter = ''] = process.argv.slice(2);

const required: JasmineCore = module.createRequire(import.meta.url)('jasmine-core/lib/jasmine-core/jasmine.js');
const jasmine = required.core(required);
const environment = jasmine.getEnv();
Object.assign(globalThis, required.interface(jasmine, environment), { jasmine });
jasmine.DEFAULT_TIMEOUT_INTERVAL = 20_000;

const { setBackend } = await import('../src/backend/index.ts');
await setBackend(backend);

/** tfjs-core's own test modules: reached by name, since its package declares no types for them. */
async function importTests(file: string): Promise<Record<string, unknown>> {
  return import(`@tensorflow/tfjs-core/dist/${file}`);
}

const { setTestEnvs } = await importTests('jasmine_util.js');
if (typeof setTestEnvs !== 'function')
  throw new Error('tfjs-core/dist/jasmine_util.js: expected a function setTestEnvs');
const environments: TestEnvironment[] = [{ name: 'backend', backendName: backend, flags: {}, isDataSync: true }];
setTestEnvs(environments);
await importTests('tests.js');

const outcomes: Outcome[] = [];
environment.configure({ random: false, specFilter: (spec) => spec.getFullName().includes(filter) });
environment.clearReporters();
environment.addReporter({
  specDone(result) {
    if (filter !== '' && result.status === 'excluded') return;
    outcomes.push({
      title: result.fullName,
      status: result.status,
      message: result.failedExpectations[0]?.message.split('\n')[0],
    });
  },
});
await environment.execute();
writeFileSync(output, JSON.stringify(outcomes));
process.exit();
