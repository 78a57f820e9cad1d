import * as allDialects from './all-dialects.ts';
import type { Dialect } from './types.ts';

const DIALECTS: readonly Dialect[] = Object.values(allDialects);

export function findDialect(name: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.name === name);
}

/** The names that `findDialect` knows, for messages. */
export function listDialects(): readonly string[] {
  return DIALECTS.map((dialect) => dialect.name);
}
