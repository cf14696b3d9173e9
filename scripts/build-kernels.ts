/**
 * Compiles the AssemblyScript kernels. Writes, into src/backend/simd/ or into the folder given as the first argument:
 *
 * - `kernels.wasm`: with relaxed SIMD (fused multiply-add), importing the shared memory `env.memory`
 * - `kernels-simd128.wasm`: the same without relaxed SIMD
 * - `log-mel.wasm`: the feature transform with a memory of its own
 *
 * With `--if-stale` nothing is done when the modules are newer than every source.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import asc from 'assemblyscript/asc';
import { tilesSource } from './kernel-tiles.ts';
import { winogradSource } from './winograd-transforms.ts';

const generatedSources: Record<string, () => string> = {
  'tiles.ts': tilesSource,
  'winograd-transforms.ts': winogradSource,
};

const root = path.resolve(import.meta.dirname, '..');
const assembly = path.join(root, 'src/backend/simd/assembly');
const arguments_ = process.argv.slice(2);
const output = path.resolve(arguments_.find((argument) => !argument.startsWith('--')) ?? path.join(assembly, '..'));

const shared = [
  '--importMemory',
  '--noExportMemory',
  '--sharedMemory',
  '--initialMemory',
  '16',
  '--maximumMemory',
  '65536',
  '--use',
  'abort=',
];
const modules = [
  { entry: 'index.ts', name: 'kernels.wasm', options: [...shared, '--enable', 'simd,relaxed-simd,threads'] },
  { entry: 'index.ts', name: 'kernels-simd128.wasm', options: [...shared, '--enable', 'simd,threads'] },
  { entry: 'log-mel.ts', name: 'log-mel.wasm', options: ['--enable', 'simd'] },
].filter(({ entry }) => existsSync(path.join(assembly, entry)));

if (!(arguments_.includes('--if-stale') && isFresh())) {
  mkdirSync(output, { recursive: true });
  for (const { entry, name, options } of modules) {
    await compile(entry, name, options);
  }
}

/** Compiles one entry file; the generated modules never touch the disk. */
async function compile(entry: string, name: string, options: string[]): Promise<void> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [entry, '--baseDir', assembly, '--outFile', name, '-O3', '--noAssert', '--runtime', 'stub', ...options],
    {
      readFile: (file, base) => {
        const generated = generatedSources[path.basename(file)];
        if (generated !== undefined && path.dirname(file) === '.') {
          return generated();
        }
        const full = path.resolve(base, file);
        return existsSync(full) ? readFileSync(full, 'utf8') : null;
      },
      writeFile: (_file, contents) => {
        binary = typeof contents === 'string' ? Buffer.from(contents) : contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) {
    throw new Error(`asc could not compile ${entry}: ${stderr.toString()}`);
  }
  // Written beside and renamed: a process that starts meanwhile reads the old module or the new one.
  const temporary = path.join(output, `.${name}.${process.pid}`);
  writeFileSync(temporary, binary);
  renameSync(temporary, path.join(output, name));
}

/** Whether every module is newer than every source of it. */
function isFresh(): boolean {
  const sources = [
    ...readdirSync(assembly).map((file) => path.join(assembly, file)),
    ...['kernel-tiles.ts', 'winograd-transforms.ts', 'build-kernels.ts'].map((file) =>
      path.join(import.meta.dirname, file),
    ),
  ];
  const newest = Math.max(...sources.map((file) => statSync(file).mtimeMs));
  return modules.every(({ name }) => {
    const file = path.join(output, name);
    return existsSync(file) && statSync(file).mtimeMs > newest;
  });
}
