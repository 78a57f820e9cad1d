import type { CidrRange, PathMatcher } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { parsePrefixBits, prefixesOf } from '../listeners/ip-prefix.ts';
import { removeQuery } from '../routing/path-rewrite.ts';
import { compileStringMatcher } from '../routing/string-matcher.ts';
import type { RbacPredicate } from './types.ts';

/** Whether an address lies in a range. @throws ConfigError for a range that is none */
export function compileCidrRange({ addressPrefix, prefixLen = 0 }: CidrRange): (address: string) => boolean {
  const key = parsePrefixBits(addressPrefix, prefixLen);
  if (key === undefined) throw new ConfigError(`invalid CIDR range: ${addressPrefix}/${prefixLen}`);
  return (address) => prefixesOf(address).includes(key);
}

/** Compares the path without its query. */
export function compilePathMatcher({ rule }: PathMatcher): RbacPredicate {
  if (rule.case === undefined) throw new ConfigError('PathMatcher: rule is required');
  const matches = compileStringMatcher(rule.value);
  return ({ headers }) => matches(removeQuery(headers.get(':path') ?? ''));
}
