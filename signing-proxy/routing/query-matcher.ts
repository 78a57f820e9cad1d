import type { QueryParameterMatcher } from '#xds/generated/messages.js';
import { compileStringMatcher } from './string-matcher.ts';

/** Raw names and values, the first value of each name. */
export type QueryParameters = ReadonlyMap<string, string>;
export type QueryPredicate = (parameters: QueryParameters) => boolean;

/** Compiles a query parameter matcher. Without a specifier it asks for presence. */
export function compileQueryMatcher({
  name,
  queryParameterMatchSpecifier: specifier,
}: QueryParameterMatcher): QueryPredicate {
  if (specifier.case === 'stringMatch') {
    const matches = compileStringMatcher(specifier.value);
    return (parameters) => {
      const value = parameters.get(name);
      return value !== undefined && matches(value);
    };
  }
  const isWanted = specifier.value ?? true;
  return (parameters) => parameters.has(name) === isWanted;
}

/** Splits the query of a request target, undecoded, as Envoy does: between two `&` is a parameter without a name. */
export function parseQueryParameters(target: string): QueryParameters {
  const parameters = new Map<string, string>();
  const start = target.indexOf('?');
  if (start < 0) return parameters;
  let position = start + 1;
  while (position < target.length) {
    const next = target.indexOf('&', position);
    const end = next < 0 ? target.length : next;
    const piece = target.slice(position, end);
    const equals = piece.indexOf('=');
    const name = equals < 0 ? piece : piece.slice(0, equals);
    if (!parameters.has(name)) parameters.set(name, equals < 0 ? '' : piece.slice(equals + 1));
    position = end + 1;
  }
  return parameters;
}
