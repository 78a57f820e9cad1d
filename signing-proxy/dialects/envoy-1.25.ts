import type { LambdaArn } from '../filters/aws-lambda/lambda-arn.ts';
import { envoy119 } from './envoy-1.19.ts';
import type { Dialect } from './types.ts';

/** Envoy 1.25, the proxy of Istio 1.17: what changed since 1.19. */
export const envoy125: Dialect = {
  ...envoy119,
  name: 'envoy-1.25',
  signing: {
    ...envoy119.signing,
    createCanonicalPath: encodeSegments,
    createCanonicalQuery: sortAndEncode,
    // From 1.23: gateways.md 2.10.
    logComponent: 'aws',
  },
  lambda: {
    ...envoy119.lambda,
    createPath: createArnPath,
    // From 1.25: gateways.md 1.1, envoyproxy/envoy#24185.
    signingRegion: 'route',
  },
  // From 1.25: gateways.md 3.5, envoyproxy/envoy#24747.
  credentials: { chain: ['environment', 'instance-metadata-v2'] },
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

/** Segments are encoded once more than on the wire; empty ones are dropped, a last slash stays (1.20 on: gateways.md 2.4). */
function encodeSegments(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '');
  const text = segments.map((segment) => `/${segment.replace(/[^A-Za-z0-9\-._~]/g, encodeCharacter)}`).join('');
  return path.endsWith('/') || text === '' ? `${text}/` : text;
}

/** Sorted by the raw name, then the raw value, and encoded after that (1.20 on: gateways.md 2.5). */
function sortAndEncode(query: string): string {
  const parameters = query
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const end = parameter.indexOf('=');
      return end < 0
        ? { name: parameter, value: '' }
        : { name: parameter.slice(0, end), value: parameter.slice(end + 1) };
    });
  parameters.sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value));
  return parameters.map(({ name, value }) => `${encodeParameter(name)}=${encodeParameter(value)}`).join('&');
}

/** What is encoded already stays; a plus is a space, and an equals sign inside a value is encoded twice. */
function encodeParameter(text: string): string {
  return text.replace(/[^A-Za-z0-9\-._~%]/g, (character) => {
    if (character === '+') return '%20';
    return character === '=' ? '%253D' : encodeCharacter(character);
  });
}

/** Header values are one character per byte. */
function encodeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** From 1.23 the path holds the whole ARN, not encoded (gateways.md 1.4, envoyproxy/envoy#21970). */
function createArnPath(arn: LambdaArn): string {
  return `/2015-03-31/functions/${arn.text}/invocations`;
}
