import { homedir } from 'node:os';
import path from 'node:path';

/**
 * Where features, downloads and rendered notes are kept: `SPECTRIDE_CACHE`, else the platform's folder for caches
 * (`XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`) with `spectride` below it. An absolute path; not created here.
 */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (environment.SPECTRIDE_CACHE) return path.resolve(environment.SPECTRIDE_CACHE);
  return path.join(platformCache(environment, platform), 'spectride');
}

function platformCache(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (platform === 'win32') return environment.LOCALAPPDATA ?? path.join(homedir(), 'AppData', 'Local');
  if (platform === 'darwin') return path.join(homedir(), 'Library', 'Caches');
  return environment.XDG_CACHE_HOME || path.join(homedir(), '.cache');
}
