import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { activateTensorflow, findTensorflow } from '../../src/backend/tensorflow.ts';

/** A project folder with a package under `node_modules/@tensorflow` whose main file is `source`. */
function projectWith(name: string, source: string): string {
  const project = mkdtempSync(path.join(tmpdir(), 'spectride-tensorflow-'));
  folders.push(project);
  const folder = path.join(project, 'node_modules', '@tensorflow', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: `@tensorflow/${name}`, main: 'index.js' }));
  writeFileSync(path.join(folder, 'index.js'), source);
  return project;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('the tensorflow backend', () => {
  test('is looked for in the user’s project, the one that can use a GPU first', () => {
    const project = projectWith('tfjs-node-gpu', '');
    mkdirSync(path.join(project, 'src'));
    expect(findTensorflow(path.join(project, 'src'))?.name).toBe('@tensorflow/tfjs-node-gpu');
    expect(findTensorflow(projectWith('tfjs-node', ''))?.name).toBe('@tensorflow/tfjs-node');
  });

  test('is refused in one sentence that says what to install where the project has neither package', async () => {
    const project = mkdtempSync(path.join(tmpdir(), 'spectride-empty-'));
    folders.push(project);
    await expect(activateTensorflow({ project })).rejects.toMatchObject({
      name: 'BadInputError',
      message: expect.stringMatching(
        /^backend: found neither .*tfjs-node-gpu nor .*npm install @tensorflow\/tfjs-node.*--backend simd$/,
      ),
    });
  });

  test('is refused with the package’s own first line where it does not start', async () => {
    const project = projectWith('tfjs-node', 'throw new Error("libtensorflow is missing\\nand more")');
    await expect(activateTensorflow({ project })).rejects.toMatchObject({
      name: 'BadInputError',
      message: expect.stringMatching(/does not start \(libtensorflow is missing\), expected a working one$/),
    });
  });

  test('is refused where the package registers no backend', async () => {
    await expect(activateTensorflow({ project: projectWith('tfjs-node', '') })).rejects.toMatchObject({
      name: 'BadInputError',
      message: expect.stringMatching(/did not register its backend/),
    });
  });
});
