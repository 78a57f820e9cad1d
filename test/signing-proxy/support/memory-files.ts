import { dirname } from 'node:path';
import { createSystemError } from '#core/errors.ts';
import type { ProxyFiles } from '#signing-proxy/files.ts';

/** Files in memory; writing one tells those who watch its directory. */
export interface MemoryFiles extends ProxyFiles {
  write(path: string, text: string): void;
  remove(path: string): void;
  /** Paths in the order they were read, missing ones too. */
  readonly reads: readonly string[];
}

export function createMemoryFiles(initial: Readonly<Record<string, string>> = {}): MemoryFiles {
  const files = new Map(Object.entries(initial));
  const watchers = new Map<string, Set<() => void>>();
  const reads: string[] = [];
  const readNow = (path: string) => {
    reads.push(path);
    const text = files.get(path);
    if (text === undefined) throw createSystemError('ENOENT', `no such file, open '${path}'`);
    return Buffer.from(text);
  };
  const tell = (path: string) => watchers.get(dirname(path))?.forEach((onChange) => onChange());
  return {
    reads,
    write(path, text) {
      files.set(path, text);
      tell(path);
    },
    remove(path) {
      files.delete(path);
      tell(path);
    },
    read: async (path) => readNow(path),
    readNow,
    watchDirectory(path, onChange) {
      const known = watchers.get(path) ?? new Set();
      watchers.set(path, known.add(onChange));
      return { [Symbol.dispose]: () => void known.delete(onChange) };
    },
  };
}
