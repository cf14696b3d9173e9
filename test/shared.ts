import { existsSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../shared');

/** A folder of reference outputs or recordings beside the checkout, or undefined where the machine does not have it. */
export function sharedFolder(name: string): string | undefined {
  const folder = path.join(root, name);
  return existsSync(folder) ? folder : undefined;
}

/** `describe` over a shared folder; without it the block is reported as skipped, with the reason in its title. */
export function describeWithShared(title: string, name: string, body: (folder: string) => void): void {
  const folder = sharedFolder(name);
  if (folder === undefined) {
    describe.skip(`${title} (skipped: ../shared/${name} is not here)`, () => {
      test('needs the shared folder', () => {});
    });
    return;
  }
  describe(title, () => body(folder));
}
