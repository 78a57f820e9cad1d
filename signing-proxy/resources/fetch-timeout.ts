import type { ConfigSource } from '#xds/generated/messages.js';
import { toMilliseconds } from '../routing/duration-ms.ts';

const DEFAULT_MS = 15_000;

/** How long a resource from this source is waited for; 0 is for ever (xds.md 2.2, 7). */
export function getFetchTimeoutMs(source: ConfigSource | undefined): number {
  return toMilliseconds(source?.initialFetchTimeout) ?? DEFAULT_MS;
}
