import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  HeaderMatcher,
  HeaderMatcherSchema,
  QueryParameterMatcherSchema,
  RouteMatch,
  RouteMatchSchema,
  StringMatcherSchema,
} from '#xds/generated/messages.js';
import type { HttpMatch, StringMatch } from '../../kube/schemas/virtual-service.ts';

export type RouteMatchInit = Exclude<MessageInitShape<typeof RouteMatchSchema>, RouteMatch>;
export type StringMatcherInit = MessageInitShape<typeof StringMatcherSchema>;
type HeaderMatcherInit = Exclude<MessageInitShape<typeof HeaderMatcherSchema>, HeaderMatcher>;

/** Translates one `match` of a VirtualService; without one every path matches (xds.md 5, item 3). */
export function translateMatch(match: HttpMatch | undefined): RouteMatchInit {
  if (match === undefined) return { pathSpecifier: { case: 'prefix', value: '/' } };
  return {
    pathSpecifier: translatePath(match.uri),
    caseSensitive: match.ignoreUriCase !== true,
    headers: translateHeaders(match),
    queryParameters: entriesOf(match.queryParams).map(([name, value]) => translateQuery(name, value)),
  };
}

/** A string condition in Envoy's form; undefined for one that any value fulfils. */
export function translateString({ exact, prefix, regex }: StringMatch): StringMatcherInit | undefined {
  if (exact !== undefined) return { matchPattern: { case: 'exact', value: exact } };
  if (prefix !== undefined) return { matchPattern: { case: 'prefix', value: prefix } };
  if (regex !== undefined) return { matchPattern: { case: 'safeRegex', value: { regex } } };
  return undefined;
}

function translatePath(uri: StringMatch | undefined): NonNullable<RouteMatchInit['pathSpecifier']> {
  if (uri?.exact !== undefined) return { case: 'path', value: uri.exact };
  if (uri?.regex !== undefined) return { case: 'safeRegex', value: { regex: uri.regex } };
  return { case: 'prefix', value: uri?.prefix ?? '/' };
}

/** Headers by name, then method, authority and scheme, as Istio orders them. */
function translateHeaders(match: HttpMatch): HeaderMatcherInit[] {
  const wanted = entriesOf(match.headers).map(([name, value]) => translateHeader(name, value));
  const unwanted = entriesOf(match.withoutHeaders).map(([name, value]) => translateAbsence(name, value));
  const pseudo = [
    [':method', match.method],
    [':authority', match.authority],
    [':scheme', match.scheme],
  ] as const;
  return [
    ...[...wanted, ...unwanted].toSorted((a, b) => compare(a.name ?? '', b.name ?? '')),
    ...pseudo.flatMap(([name, value]) => (value === undefined ? [] : [translateHeader(name, value)])),
  ];
}

function translateHeader(name: string, value: StringMatch): HeaderMatcherInit {
  const matcher = translateValue(value);
  if (matcher === undefined) return { name, headerMatchSpecifier: { case: 'presentMatch', value: true } };
  return { name, headerMatchSpecifier: { case: 'stringMatch', value: matcher } };
}

/** A header that is missing counts as one with another value. */
function translateAbsence(name: string, value: StringMatch): HeaderMatcherInit {
  const header = translateHeader(name, value);
  const isPresence = header.headerMatchSpecifier?.case === 'presentMatch';
  return { ...header, invertMatch: true, treatMissingHeaderAsEmpty: !isPresence };
}

function translateQuery(name: string, value: StringMatch): MessageInitShape<typeof QueryParameterMatcherSchema> {
  const matcher = translateValue(value);
  if (matcher === undefined) return { name, queryParameterMatchSpecifier: { case: 'presentMatch', value: true } };
  return { name, queryParameterMatchSpecifier: { case: 'stringMatch', value: matcher } };
}

/** Nothing asked of the value, or the pattern `*`, which is no regular expression, asks that there is one. */
function translateValue(value: StringMatch): StringMatcherInit | undefined {
  return value.regex === '*' ? undefined : translateString(value);
}

function entriesOf(map: Readonly<Record<string, StringMatch>> | undefined): [string, StringMatch][] {
  return Object.entries(map ?? {}).toSorted(([a], [b]) => compare(a, b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
