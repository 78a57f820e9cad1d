import { createSystemError } from '#core/errors.ts';

/** The files that a proxy's process can see: mounted volumes, or those of this machine. */
export interface ProxyFiles {
  /** The file as it is now. Rejects with an error whose code is `ENOENT` when there is none. */
  read(path: string): Promise<Buffer>;
  /** The same without waiting, for what a configuration cannot be compiled without. Throws where `read` rejects. */
  readNow(path: string): Buffer;
  /**
   * Calls `onChange` after anything in the directory has changed, the swap of a symbolic link by which Kubernetes
   * updates a volume among them. A directory that does not exist never changes.
   */
  watchDirectory(path: string, onChange: () => void): Disposable;
}

/** For a process that can see no file. */
export const NO_FILES: ProxyFiles = {
  read: async (path) => NO_FILES.readNow(path),
  readNow: (path) => {
    throw createSystemError('ENOENT', `no such file or directory, open '${path}'`);
  },
  watchDirectory: () => ({ [Symbol.dispose]() {} }),
};
