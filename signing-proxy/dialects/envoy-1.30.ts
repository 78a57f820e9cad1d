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
  },
  failures: {
    ...envoy129.failures,
    // The new format of TLS failures: gateways.md 4.3.
    describeTls: (line, why) => `TLS_error:|${line}${why === undefined ? '' : `:${why}`}:TLS_error_end`,
  },
};
