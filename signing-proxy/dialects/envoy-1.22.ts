import { encodeSegments } from './canonical-path.ts';
import { envoy119 } from './envoy-1.19.ts';
import { encode, encodeCharacter } from './percent-encoding.ts';
import { compareParameters, splitQuery } from './query-parameters.ts';
import type { Dialect } from './types.ts';

/** Envoy 1.22, the proxy of Istio 1.14: what changed since 1.19. */
export const envoy122: Dialect = {
  ...envoy119,
  name: 'envoy-1.22',
  signing: {
    ...envoy119.signing,
    createCanonicalPath,
    createCanonicalQuery,
    // From 1.21: gateways.md 2.8, envoyproxy/envoy#18998.
    options: new Set(['match_excluded_headers']),
  },
  // From 1.20 (override_request_timeout_by_gateway_timeout); a stock 1.40 answers so, too: docs/conformance.md.
  http: { ...envoy119.http, idleAfterRequestStatus: 504 },
  failures: {
    ...envoy119.failures,
    // Reported from Istio 1.14 on: istio/istio#39758.
    describeRefusal: (errorNumber) => ({
      reason: 'connection failure',
      transportFailure: `delayed connect error: ${errorNumber}`,
    }),
  },
};

/** Encoded once more than on the wire, for S3 too, where it is a mistake (gateways.md 2.4, envoyproxy/envoy#35023). */
function createCanonicalPath(path: string, service: string): string {
  if (path === '') return '/';
  return service.toLowerCase() === 's3' ? encode(path, /[^A-Za-z0-9\-._~/]/g) : encodeSegments(path);
}

/** Sorted by the raw name, then the raw value, and encoded after that (1.20 on: gateways.md 2.5). */
function createCanonicalQuery(query: string): string {
  return splitQuery(query)
    .sort(compareParameters)
    .map(({ name, value }) => `${encodeParameter(name)}=${encodeParameter(value)}`)
    .join('&');
}

/** What is encoded already stays; a plus is a space, and an equals sign inside a value is encoded twice. */
function encodeParameter(text: string): string {
  return text.replace(/[^A-Za-z0-9\-._~%]/g, (character) => {
    if (character === '+') return '%20';
    return character === '=' ? '%253D' : encodeCharacter(character);
  });
}
