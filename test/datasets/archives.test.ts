import path from 'node:path';
import fc from 'fast-check';
import { archiveMembers } from '../../src/datasets/archive.ts';
import { indexArchive } from '../../src/datasets/archive-index.ts';
import { type FixtureMember, tar, tarGz, zip } from '../fixtures/datasets/archives.ts';
import { removeTemporaryFolders, temporaryFolder, writeTree } from './temporary-folder.ts';

afterEach(removeTemporaryFolders);

const kinds = { 'a.tar': tar, 'a.tar.gz': tarGz, 'a.tgz': tarGz, 'a.zip': zip };
const archive = (name: string, content: string | Uint8Array) =>
  path.join(writeTree(temporaryFolder(), { [name]: content }), name);

async function read(file: string, wanted: (name: string) => boolean = () => true) {
  const found: [string, string | undefined][] = [];
  for await (const member of archiveMembers(file, wanted)) found.push([member.name, member.bytes?.toString('latin1')]);
  return found;
}

describe.each(Object.entries(kinds))('archiveMembers() on %s', (name, pack) => {
  test('gives files in the archive’s order, with the bytes of those that are wanted', async () => {
    const members: FixtureMember[] = [
      { name: 'z/', type: '5' },
      { name: 'z/1.wav', data: 'one' },
      { name: './a.txt', data: 'text' },
      { name: 'z/empty.wav', data: '' },
    ];
    expect(await read(archive(name, pack(members)), (member) => member.endsWith('.wav'))).toEqual([
      ['z/1.wav', 'one'],
      ['a.txt', undefined],
      ['z/empty.wav', ''],
    ]);
  });

  test('gives back any content, also across the blocks that are read at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 5000 }), { minLength: 1, maxLength: 6 }),
        async (contents) => {
          const members = contents.map((data, i) => ({ name: `${i}.wav`, data }));
          const found = await read(archive(name, pack(members)));
          expect(found).toEqual(contents.map((data, i) => [`${i}.wav`, Buffer.from(data).toString('latin1')]));
        },
      ),
      { numRuns: 20 },
    );
    const large = Buffer.alloc(3_000_000, 7);
    expect((await read(archive(name, pack([{ name: 'large', data: large }]))))[0]?.[1]).toHaveLength(3_000_000);
  });

  test.each([
    [
      'a path that leads out',
      { name: 'a/../../evil.wav', data: 'x' },
      /(expected paths within the archive|relative path).*evil/,
    ],
    [
      'an absolute path',
      { name: '/etc/evil.wav', data: 'x' },
      /(expected paths within the archive|absolute path).*evil/,
    ],
    [
      'a path of Windows',
      { name: 'C:/evil.wav', data: 'x' },
      /(expected paths within the archive|absolute path).*evil/,
    ],
    [
      'a backslash that leads out',
      { name: '..\\evil.wav', data: 'x' },
      /(expected paths within the archive|invalid|relative).*evil/,
    ],
    [
      'a symbolic link',
      { name: 'evil.wav', type: '2', link: '/etc/passwd', mode: 0o120777 },
      /expected plain files, found "evil.wav"/,
    ],
  ])('refuses %s', async (_, member, message) => {
    const file = archive(name, pack([{ name: 'good.wav', data: 'good' }, member]));
    const refused = expect(read(file)).rejects;
    await refused.toThrow(message);
    await expect(read(file)).rejects.toMatchObject({ name: 'BadInputError' });
  });

  test('refuses a name that occurs twice', async () => {
    const twice = [
      { name: 'a.wav', data: 'x' },
      { name: './a.wav', data: 'y' },
    ];
    await expect(read(archive(name, pack(twice)))).rejects.toThrow(/expected each file once, found ".*a.wav" twice/);
  });

  test('refuses archives that are cut short, empty, or something else', async () => {
    const whole = pack([{ name: 'a.wav', data: Buffer.alloc(4000, 'abc') }]);
    for (const bytes of [
      whole.subarray(0, whole.length >> 1),
      Buffer.alloc(0),
      Buffer.from('<html>404</html>'.repeat(100)),
    ]) {
      await expect(read(archive(name, bytes))).rejects.toMatchObject({ name: 'BadInputError' });
    }
  });
});

test('archiveMembers() refuses hard links and devices in a tar, encrypted and damaged files in a zip', async () => {
  for (const type of ['1', '3', '6']) {
    await expect(read(archive('a.tar', tar([{ name: 'x', type, link: type === '1' ? 'y' : '' }])))).rejects.toThrow(
      /expected plain files/,
    );
  }
  const secret = zip([{ name: 'a.wav', data: 'x', encrypted: true }]);
  await expect(read(archive('a.zip', secret))).rejects.toThrow(/expected files that are not encrypted, found "a.wav"/);
  const damaged = zip([{ name: 'a.wav', data: 'hello' }]);
  const at = damaged.indexOf(Buffer.from('PK\x01\x02', 'latin1')) + 16;
  damaged[at] = (damaged[at] ?? 0) ^ 1;
  await expect(read(archive('a.zip', damaged))).rejects.toThrow(/expected "a.wav" with the checksum in the archive/);
});

test('indexArchive() reads an archive once, keeps its lists and noise, and lets no name of it become a path', async () => {
  const cache = temporaryFolder();
  const file = archive(
    'a.tar.gz',
    tarGz([
      { name: 'x/list.txt', data: 'a\nb' },
      { name: 'x/1.wav', data: 'sound' },
      { name: '_background_noise_/hum.wav', data: 'hum' },
    ]),
  );
  const first = await indexArchive(file, cache);
  expect(first.names).toEqual(['x/list.txt', 'x/1.wav', '_background_noise_/hum.wav']);
  expect([...first.kept.keys()]).toEqual(['x/list.txt', '_background_noise_/hum.wav']);
  for (const kept of first.kept.values())
    expect(path.relative(cache, kept)).toMatch(/^archives[/\\][0-9a-f]{32}[/\\]kept-\d\.(txt|wav)$/);
  writeTree(path.dirname(file), { 'a.tar.gz': tarGz([{ name: 'y.wav', data: '' }]) });
  expect((await indexArchive(file, cache)).names).toEqual(['y.wav']);
});
