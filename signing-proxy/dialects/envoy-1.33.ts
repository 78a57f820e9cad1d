import { envoy130 } from './envoy-1.30.ts';
import { envoy134 } from './envoy-1.34.ts';
import type { Dialect } from './types.ts';

/** Envoy 1.33, the proxy of Istio 1.25: as 1.34, before it made requests wait for credentials. */
export const envoy133: Dialect = {
  ...envoy134,
  name: 'envoy-1.33',
  credentials: {
    ...envoy134.credentials,
    hostSources: 'one-of',
    // Up to 1.33: gateways.md 3.8, envoyproxy/envoy#38360.
    whilePending: 'unsigned',
    afterFailedRefresh: envoy130.credentials.afterFailedRefresh,
    // After envoyproxy/envoy#35062, as its counters tell: gateways.md 3.6, 3.8.
    internalClusters: 're-added',
  },
};
