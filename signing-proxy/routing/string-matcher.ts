import type { StringMatcher } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { compileFullMatch } from './regex.ts';

export type StringPredicate = (value: string) => boolean;

/** Compiles a string matcher of the xDS API. `ignore_case` has no effect on a regular expression, as in Envoy. */
export function compileStringMatcher(matcher: StringMatcher): StringPredicate {
  const { matchPattern, ignoreCase } = matcher;
  switch (matchPattern.case) {
    case 'exact':
    case 'prefix':
    case 'suffix':
    case 'contains':
      return compileTextMatch(matchPattern.case, matchPattern.value, ignoreCase);
    case 'safeRegex': {
      const regex = compileFullMatch(matchPattern.value);
      return (value) => regex.test(value);
    }
    case 'custom':
    case undefined:
      throw new ConfigError('Configuration must define a matcher.');
  }
}

/** Compiles one of the four plain comparisons. */
export function compileTextMatch(
  kind: 'exact' | 'prefix' | 'suffix' | 'contains',
  pattern: string,
  ignoreCase = false,
): StringPredicate {
  const wanted = ignoreCase ? pattern.toLowerCase() : pattern;
  const compare = COMPARISONS[kind];
  return ignoreCase ? (value) => compare(value.toLowerCase(), wanted) : (value) => compare(value, wanted);
}

const COMPARISONS: Readonly<
  Record<'exact' | 'prefix' | 'suffix' | 'contains', (value: string, wanted: string) => boolean>
> = {
  exact: (value, wanted) => value === wanted,
  prefix: (value, wanted) => value.startsWith(wanted),
  suffix: (value, wanted) => value.endsWith(wanted),
  contains: (value, wanted) => value.includes(wanted),
};
