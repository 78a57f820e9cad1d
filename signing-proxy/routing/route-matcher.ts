import type { Random } from '#core/random.ts';
import { FractionalPercent_DenominatorType, type FractionalPercent, type RouteMatch } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { HeaderMap } from '../http/header-map.ts';
import { compileHeaderMatcher } from './header-matcher.ts';
import { compileQueryMatcher, parseQueryParameters } from './query-matcher.ts';
import { compileFullMatch } from './regex.ts';

/** What a route's match looks at. `path` is the request target without query and fragment. */
export interface MatchInput {
  readonly path: string;
  readonly headers: HeaderMap;
  readonly random: Random;
}

export type RoutePredicate = (input: MatchInput) => boolean;

/** What an index may know about a match without asking it. */
export type PathKey = { readonly kind: 'exact' | 'prefix'; readonly text: string } | { readonly kind: 'any' };

export interface CompiledMatch {
  readonly matches: RoutePredicate;
  /** The match can only hold for paths that are, or begin with, this text. */
  readonly pathKey: PathKey;
  /** The part of a path that a prefix rewrite takes off: the configured prefix or path, or for a regex the whole path. */
  readonly matchedPath: string | undefined;
}

/**
 * Compiles the match of a route. The cheapest test comes first: path, then headers, query parameters, chance.
 *
 * @throws ConfigError for a match that cannot be compiled
 */
export function compileRouteMatch(match: RouteMatch): CompiledMatch {
  const path = compilePath(match);
  const tests: RoutePredicate[] = [path.matches];
  for (const matcher of match.headers) {
    const isMatch = compileHeaderMatcher(matcher);
    tests.push(({ headers }) => isMatch(headers));
  }
  if (match.queryParameters.length > 0) {
    const predicates = match.queryParameters.map(compileQueryMatcher);
    tests.push(({ headers }) => {
      const parameters = parseQueryParameters(headers.get(':path') ?? '');
      return predicates.every((isMatch) => isMatch(parameters));
    });
  }
  if (match.grpc !== undefined)
    tests.push(({ headers }) => /^application\/grpc(?:$|\+)/.test(headers.get('content-type') ?? ''));
  const fraction = match.runtimeFraction?.defaultValue;
  if (fraction !== undefined) tests.push(({ random }) => random.float() < toRatio(fraction));
  return { matches: joinTests(tests), pathKey: path.pathKey, matchedPath: path.matchedPath };
}

function joinTests(tests: readonly RoutePredicate[]): RoutePredicate {
  const [first, second] = tests;
  if (first !== undefined && second === undefined) return first;
  if (first !== undefined && second !== undefined && tests.length === 2)
    return (input) => first(input) && second(input);
  return (input) => tests.every((test) => test(input));
}

function compilePath(match: RouteMatch): CompiledMatch {
  const isCaseSensitive = match.caseSensitive ?? true;
  const { pathSpecifier } = match;
  switch (pathSpecifier.case) {
    case 'prefix':
      return compilePrefix(pathSpecifier.value, isCaseSensitive);
    case 'path':
      return compileExact(pathSpecifier.value, isCaseSensitive);
    case 'pathSeparatedPrefix':
      return compileSeparatedPrefix(pathSpecifier.value, isCaseSensitive);
    case 'safeRegex': {
      const regex = compileFullMatch(pathSpecifier.value);
      return { matches: ({ path }) => regex.test(path), pathKey: { kind: 'any' }, matchedPath: undefined };
    }
    case 'connectMatcher':
      return {
        matches: ({ headers }) => headers.get(':method') === 'CONNECT',
        pathKey: { kind: 'any' },
        matchedPath: undefined,
      };
    case 'pathMatchPolicy':
    case undefined:
      throw new ConfigError('RouteMatch: path_specifier is required');
  }
}

function compilePrefix(prefix: string, isCaseSensitive: boolean): CompiledMatch {
  if (prefix === '' || prefix === '/')
    return { matches: ({ path }) => path.startsWith(prefix), pathKey: { kind: 'any' }, matchedPath: prefix };
  if (isCaseSensitive)
    return {
      matches: ({ path }) => path.startsWith(prefix),
      pathKey: { kind: 'prefix', text: prefix },
      matchedPath: prefix,
    };
  const lower = prefix.toLowerCase();
  return { matches: ({ path }) => path.toLowerCase().startsWith(lower), pathKey: { kind: 'any' }, matchedPath: prefix };
}

function compileExact(text: string, isCaseSensitive: boolean): CompiledMatch {
  if (isCaseSensitive)
    return { matches: ({ path }) => path === text, pathKey: { kind: 'exact', text }, matchedPath: text };
  const lower = text.toLowerCase();
  return { matches: ({ path }) => path.toLowerCase() === lower, pathKey: { kind: 'any' }, matchedPath: text };
}

/** Matches the prefix itself, and anything below it after a slash. */
function compileSeparatedPrefix(prefix: string, isCaseSensitive: boolean): CompiledMatch {
  if (/[?#]/.test(prefix) || prefix.endsWith('/')) {
    throw new ConfigError(`RouteMatch: path_separated_prefix "${prefix}" cannot contain ? or # or end with /`);
  }
  const begins = compilePrefix(prefix, isCaseSensitive);
  const isWhole = ({ path }: MatchInput) => path.length === prefix.length || path.charAt(prefix.length) === '/';
  return { ...begins, matches: (input) => begins.matches(input) && isWhole(input) };
}

/** A fraction between 0 and 1. */
export function toRatio({ numerator, denominator }: FractionalPercent): number {
  switch (denominator) {
    case FractionalPercent_DenominatorType.HUNDRED:
      return numerator / 100;
    case FractionalPercent_DenominatorType.TEN_THOUSAND:
      return numerator / 10_000;
    case FractionalPercent_DenominatorType.MILLION:
      return numerator / 1_000_000;
  }
}
