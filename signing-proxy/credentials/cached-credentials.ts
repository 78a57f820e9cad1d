import type { Credentials } from './types.ts';

export interface CachedCredentialsOptions {
  /** Whether the cache is too old to answer from. */
  readonly isStale: () => boolean;
  /** Fills the cache, or leaves it. A rejection counts as having left it: the process has ended. */
  readonly refresh: () => Promise<void>;
  readonly cached: () => Credentials | undefined;
}

/**
 * A cache under a lock: one refresh at a time, and everybody who asks meanwhile waits for it and then looks again. In Envoy
 * it is the whole worker thread that waits.
 */
export function createCachedCredentials(options: CachedCredentialsOptions) {
  let lock: Promise<unknown> | undefined;

  async function refreshAfter(previous: Promise<unknown> | undefined): Promise<Credentials | undefined> {
    await previous;
    if (options.isStale()) await options.refresh().catch(() => undefined);
    return options.cached();
  }

  return {
    getCredentials(): Credentials | undefined | Promise<Credentials | undefined> {
      if (lock === undefined && !options.isStale()) return options.cached();
      const next = refreshAfter(lock);
      lock = next;
      void next.then(() => {
        if (lock === next) lock = undefined;
      });
      return next;
    },
  };
}
