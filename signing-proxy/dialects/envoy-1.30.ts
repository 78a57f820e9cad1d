import { envoy129 } from './envoy-1.29.ts';
import type { Dialect } from './types.ts';

/** Envoy 1.30, the proxy of Istio 1.22: what changed since 1.29. */
export const envoy130: Dialect = {
  ...envoy129,
  name: 'envoy-1.30',
  signing: {
    ...envoy129.signing,
    // From 1.30: gateways.md 2.10.
    describeSignature: (authorization) =>
      `Header signing - Authorization header (sanitised): ${authorization.replace(/Signature=.*$/, 'Signature=*****')}`,
    announcesUnsigned: true,
    // From 1.30: gateways.md 2.8, envoyproxy/envoy#31736.
    options: new Set([...envoy129.signing.options, 'query_string', 'upstream_filter', 'region_from_environment']),
  },
  lambda: {
    ...envoy129.lambda,
    // From 1.30: gateways.md 1.1, envoyproxy/envoy#33042.
    routeSigner: 'own',
    // From 1.30: gateways.md 1.1, envoyproxy/envoy#32005 and #32146.
    options: new Set(['host_rewrite', 'upstream_filter']),
  },
  credentials: {
    ...envoy129.credentials,
    // From 1.30: gateways.md 1.1, envoyproxy/envoy#33293.
    configurable: new Set(['profile']),
    // From 1.30: gateways.md 3.4, envoyproxy/envoy#32833.
    container: { name: 'container role', readsTokenFile: true, readsExpiry: true },
  },
  failures: {
    ...envoy129.failures,
    // The new format of TLS failures: gateways.md 4.3.
    describeTls: (line, why) => `TLS_error:|${line}${why === undefined ? '' : `:${why}`}:TLS_error_end`,
  },
};
