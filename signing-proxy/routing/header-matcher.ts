import type { HeaderMatcher } from '#xds/generated/messages.js';
import type { HeaderMap } from '../http/header-map.ts';
import { compileFullMatch } from './regex.ts';
import { compileStringMatcher, compileTextMatch, type StringPredicate } from './string-matcher.ts';

export type HeaderPredicate = (headers: HeaderMap) => boolean;

/**
 * Compiles a header matcher. Values of a repeated header are joined with a comma before they are compared.
 *
 * A missing header matches nothing, inverted or not, unless it is matched by presence or counts as empty.
 */
export function compileHeaderMatcher(matcher: HeaderMatcher): HeaderPredicate {
  const name = matcher.name.toLowerCase();
  const { invertMatch, treatMissingHeaderAsEmpty } = matcher;
  const specifier = matcher.headerMatchSpecifier;
  if (specifier.case === undefined || specifier.case === 'presentMatch') {
    const wanted = (specifier.value ?? true) !== invertMatch;
    return (headers) => headers.has(name) === wanted;
  }
  const matches = compileValueMatch(specifier);
  return (headers) => {
    const value = joinValues(headers, name) ?? (treatMissingHeaderAsEmpty ? '' : undefined);
    return value !== undefined && matches(value) !== invertMatch;
  };
}

type ValueSpecifier = Exclude<HeaderMatcher['headerMatchSpecifier'], { case: undefined } | { case: 'presentMatch' }>;

function compileValueMatch(specifier: ValueSpecifier): StringPredicate {
  switch (specifier.case) {
    case 'exactMatch':
      return compileTextMatch('exact', specifier.value);
    case 'prefixMatch':
      return compileTextMatch('prefix', specifier.value);
    case 'suffixMatch':
      return compileTextMatch('suffix', specifier.value);
    case 'containsMatch':
      return compileTextMatch('contains', specifier.value);
    case 'stringMatch':
      return compileStringMatcher(specifier.value);
    case 'safeRegexMatch': {
      const regex = compileFullMatch(specifier.value);
      return (value) => regex.test(value);
    }
    case 'rangeMatch': {
      const { start, end } = specifier.value;
      return (value) => /^[+-]?\d{1,19}$/.test(value) && BigInt(value) >= start && BigInt(value) < end;
    }
  }
}

function joinValues(headers: HeaderMap, name: string): string | undefined {
  const values = headers.getAll(name);
  return values.length < 2 ? values[0] : values.join(',');
}
