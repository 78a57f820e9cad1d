import { staysWithinShare } from '../upstreams/outlier-plan.ts';
import { envoy125 } from './envoy-1.25.ts';
import type { Dialect } from './types.ts';

/** Envoy 1.28, the proxy of Istio 1.20: what changed since 1.25. */
export const envoy128: Dialect = {
  ...envoy125,
  name: 'envoy-1.28',
  signing: {
    ...envoy125.signing,
    // From 1.27: gateways.md 2.8.
    options: new Set([...envoy125.signing.options, 'per_route']),
  },
  credentials: {
    ...envoy125.credentials,
    // The file from 1.27: gateways.md 3.1.
    chain: ['environment', 'credentials-file', 'container', 'instance-metadata-v2'],
    // From 1.28: gateways.md 3.4, envoyproxy/envoy#29267.
    container: { ...envoy125.credentials.container, readsExpiry: true },
  },
  http: {
    ...envoy125.http,
    // From 1.28, `envoy.reloadable_features.check_mep_on_first_eject` (envoyproxy/envoy `outlier_detection_impl.cc`).
    mayEject: staysWithinShare,
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
