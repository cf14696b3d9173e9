import { readFileSync } from 'node:fs';
import { BadInputError, isPassingFailure } from '../src/errors.ts';

const systemError = (code: string) => Object.assign(new Error(`${code}: read`), { code, syscall: 'read' });

describe('isPassingFailure()', () => {
  test.each(['EIO', 'EMFILE', 'ESTALE', 'ENOMEM'])('is true of %s, also as the cause of another error', (code) => {
    expect(isPassingFailure(systemError(code))).toBe(true);
    expect(isPassingFailure(new BadInputError('a.wav: cannot be opened', { cause: systemError(code) }))).toBe(true);
  });

  test('is false of what a file’s name, kind or permissions explain, and of what no system call threw', () => {
    for (const file of ['/nowhere/a.wav', '/']) {
      try {
        readFileSync(file);
      } catch (error) {
        expect(isPassingFailure(error)).toBe(false);
      }
    }
    expect(isPassingFailure(new BadInputError('a.wav: not audio'))).toBe(false);
    expect(isPassingFailure(Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBe(false);
    expect(isPassingFailure('EIO')).toBe(false);
  });
});
