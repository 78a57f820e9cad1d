import { mkdtemp, rm, symlink, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostFiles } from '#harness/proxy-server/host-files.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshrig-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('reads a file, and says when there is none', async () => {
  await writeFile(join(folder, 'token'), 'jwt');
  expect((await hostFiles.read(join(folder, 'token'))).toString()).toBe('jwt');
  await expect(hostFiles.read(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('tells of a link that is swapped, as a kubelet updates a volume', async () => {
  await symlink('first', join(folder, '..data'));
  let tell = () => {};
  const changed = new Promise<void>((resolve) => (tell = resolve));
  using _ = hostFiles.watchDirectory(folder, () => tell());
  await symlink('second', join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  await expect(changed).resolves.toBeUndefined();
});

test('watches a directory that does not exist without complaint', () => {
  using watch = hostFiles.watchDirectory(join(folder, 'none'), () => {});
  expect(watch).toBeDefined();
});
