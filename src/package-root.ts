import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The package's folder: the parent of `src/` in a checkout, of `dist/` when installed. */
export const packageRoot: string = path.resolve(import.meta.dirname, '..');

/** The package's version, from its package.json. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0.0.0';
}
