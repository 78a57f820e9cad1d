import { envoy134 } from './envoy-1.34.ts';
import { decode, encode } from './percent-encoding.ts';
import { compareParameters, splitQuery } from './query-parameters.ts';
import type { Dialect } from './types.ts';

/**
 * Envoy 1.36: what changed since 1.34. Held against a stock 1.40 (docs/conformance.md); which release between the two
 * brought the paths, the queries and the list of headers to sign is not known.
 */
export const envoy136: Dialect = {
  ...envoy134,
  name: 'envoy-1.36',
  signing: {
    ...envoy134.signing,
    createCanonicalPath,
    createCanonicalQuery,
    options: new Set([...envoy134.signing.options, 'match_included_headers']),
  },
  // From 1.35: envoyproxy/envoy#39617. What becomes of an overloaded server's answer was measured.
  http: { ...envoy134.http, tellsOriginalHost: true, retriesOverloaded: true },
};

const S3_SERVICES = new Set(['s3', 's3-outposts', 's3express']);
const RESERVED = /[^A-Za-z0-9\-._~/]/g;

/** S3 signs what is on the wire, encoded if it is not yet; for others dot segments are resolved, and all is encoded once more. */
function createCanonicalPath(path: string, service: string): string {
  if (path === '') return '/';
  if (!S3_SERVICES.has(service.toLowerCase())) return encode(resolveDots(path), RESERVED);
  return /^[A-Za-z0-9\-._~/%]*$/.test(path) ? path : encode(path, RESERVED);
}

/** A `..` above the root leaves a slash behind, which a further one removes. Evidence: measured with 1.40. */
function resolveDots(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.pop() === undefined) kept.push('/');
  }
  const text = `/${kept.join('/')}`;
  return path.endsWith('/') && kept.length > 0 ? `${text}/` : text;
}

/** Decoded, encoded and sorted, in this order: an escaped plus survives, a bare one is a space (gateways.md 2.5). */
function createCanonicalQuery(query: string): string {
  return splitQuery(query)
    .map(({ name, value }) => ({ name: normalize(name), value: normalize(value) }))
    .sort(compareParameters)
    .map(({ name, value }) => `${name}=${value}`)
    .join('&');
}

function normalize(text: string): string {
  return encode(decode(text.replaceAll('+', ' ')), /[^A-Za-z0-9\-._~]/g);
}
