import { commandName, runSide, splitCommand } from '../../src/bench/side.ts';

const place = { threads: 1, processors: undefined };
const script = (name: string, source: string) => ({ name, command: [process.execPath, '-e', source] });

describe('runSide()', () => {
  test('returns the last line that is a JSON object', async () => {
    const source =
      'console.log("{broken"); console.log(JSON.stringify({ ms: 1 })); console.log(JSON.stringify({ ms: 2 })); console.log("done")';
    expect(await runSide(script('peer', source), place)).toEqual({ ms: 2 });
  });

  test('refuses, by name, a side that does not start, fails, or prints no JSON', async () => {
    const missing = { name: 'the peer', command: ['no-such-program-of-any-kind'] };
    await expect(runSide(missing, place)).rejects.toThrow(/^bench: the peer does not start: .*ENOENT/);
    const failing = script('the peer', 'console.error("no torch here"); process.exit(3)');
    await expect(runSide(failing, place)).rejects.toThrow(
      /expected the peer to print .* exit code 3 and "no torch here"$/,
    );
    await expect(runSide(script('the peer', 'console.log("fast")'), place)).rejects.toThrow(/exit code 0$/);
    await expect(runSide(missing, place)).rejects.toMatchObject({ name: 'BadInputError' });
  });
});

describe('a peer’s command line', () => {
  test('is split at spaces outside quotation marks', () => {
    expect(splitCommand('python "my peer.py"  --flag \'a b\'')).toEqual(['python', 'my peer.py', '--flag', 'a b']);
  });

  test('is named by its script without folders, and what follows', () => {
    expect(commandName('/some/where/python /else/torch_audio_cnn.py --channels-last')).toBe(
      'torch_audio_cnn.py --channels-last',
    );
    expect(commandName('/usr/bin/peer --fast')).toBe('peer --fast');
  });
});
