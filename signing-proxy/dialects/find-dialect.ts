import { envoy119 } from './envoy-1.19.ts';
import { envoy125 } from './envoy-1.25.ts';
import { envoy129 } from './envoy-1.29.ts';
import { envoy130 } from './envoy-1.30.ts';
import type { Dialect } from './types.ts';

const DIALECTS: readonly Dialect[] = [envoy119, envoy125, envoy129, envoy130];

export function findDialect(name: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.name === name);
}

/** The names that `findDialect` knows, for messages. */
export function listDialects(): readonly string[] {
  return DIALECTS.map((dialect) => dialect.name);
}
