import { readFileSync, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { systemCodeOf } from '#core/errors.ts';
import type { ProxyFiles } from '#signing-proxy/files.ts';

/** The files of this machine, for a proxy that runs on it as a process of its own. */
export const hostFiles: ProxyFiles = {
  read: (path) => readFile(path),
  readNow: (path) => readFileSync(path),
  watchDirectory(path, onChange) {
    try {
      const watcher = watch(path, { persistent: false }, () => onChange());
      // A directory that is removed later is one that never changes again.
      watcher.on('error', () => watcher.close());
      return { [Symbol.dispose]: () => watcher.close() };
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error;
      return { [Symbol.dispose]() {} };
    }
  },
};
