/**
 * Lets Node import the ES modules that tfjs packages publish under `dist/` beside their CommonJS bundles: relative imports get
 * their file extension, package names lead to `dist/index.js`, and two CommonJS dependencies get the named exports that a bundler would have found.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const require = module.createRequire(import.meta.url);
const tfjsModule = /\/node_modules\/@tensorflow\/[^?]*\.js$/;
const tfjsPackage = /^@tensorflow\/(tfjs|tfjs-core|tfjs-backend-cpu|tfjs-layers|tfjs-converter|tfjs-data)$/;

/** The file that a bundler would take for an extensionless path, or undefined where there is none. */
function withExtension(file: string): string | undefined {
  for (const candidate of [file, `${file}.js`, path.join(file, 'index.js')]) {
    if (existsSync(candidate) && statSync(candidate).isFile()) return candidate;
  }
  return undefined;
}

function packageFile(name: string, file: string): string {
  return path.join(path.dirname(require.resolve(`${name}/package.json`)), file);
}

/** An ES module over a CommonJS one, with all of its properties as named exports. */
function namedExports(name: string): string {
  const names = Object.keys(require(name)).filter((key) => /^[A-Za-z_]\w*$/.test(key) && key !== 'default');
  return `import { createRequire } from 'node:module';
const value = createRequire(${JSON.stringify(import.meta.url)})(${JSON.stringify(name)});
export default value;
export const { ${names.join(', ')} } = value;`;
}

module.registerHooks({
  resolve(specifier, context, next) {
    if (context.conditions.includes('require')) return next(specifier, context);
    if (tfjsPackage.test(specifier)) {
      return { url: pathToFileURL(packageFile(specifier, 'dist/index.js')).href, shortCircuit: true };
    }
    const parent = context.parentURL ?? '';
    if (tfjsModule.test(parent)) {
      const deep = /^(@tensorflow\/[^/]+)\/(.+)$/.exec(specifier);
      const file = specifier.startsWith('.')
        ? path.resolve(path.dirname(fileURLToPath(parent)), specifier)
        : deep?.[1] && deep[2] && packageFile(deep[1], deep[2]);
      const found = file ? withExtension(file) : undefined;
      if (found) return { url: pathToFileURL(found).href, shortCircuit: true };
      if (specifier === 'seedrandom') return { url: `named-exports:${specifier}`, shortCircuit: true };
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (url.startsWith('named-exports:')) {
      return { format: 'module', source: namedExports(url.slice('named-exports:'.length)), shortCircuit: true };
    }
    if (tfjsModule.test(url) && !/\.node(\.min)?\.js$/.test(url) && !context.conditions.includes('require')) {
      return { format: 'module', source: readFileSync(fileURLToPath(url), 'utf8'), shortCircuit: true };
    }
    return next(url, context);
  },
});

// tfjs-core's ES modules still call `require` for what only Node has.
Object.assign(globalThis, { require });
