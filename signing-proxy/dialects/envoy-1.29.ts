import { envoy125 } from './envoy-1.25.ts';
import type { Dialect } from './types.ts';

/** Envoy 1.29, the proxy of Istio 1.21: what changed since 1.25. */
export const envoy129: Dialect = {
  ...envoy125,
  name: 'envoy-1.29',
  signing: {
    ...envoy125.signing,
    // Settings on routes from 1.27, SigV4A from 1.29: gateways.md 2.8.
    options: new Set([...envoy125.signing.options, 'per_route', 'signing_algorithm']),
  },
  failures: {
    ...envoy125.failures,
    // From 1.27 the reason tells who gave up: gateways.md 4.3, istio/istio#48267.
    describeRefusal: (errorNumber) => ({
      reason: 'remote connection failure',
      transportFailure: `delayed connect error: ${errorNumber}`,
    }),
    timedOut: { reason: 'connection timeout' },
    // The TLS layer closes as if the other side had, whichever of the two refused.
    handshake: { reason: 'remote connection failure' },
  },
};
