import { envoy136 } from './envoy-1.36.ts';
import type { Dialect } from './types.ts';

/** Envoy 1.40: what is known to have changed since 1.36. */
export const envoy140: Dialect = {
  ...envoy136,
  name: 'envoy-1.40',
  // From the 1.39 line on: gateways.md 3.7, envoyproxy/envoy#45643.
  credentials: { ...envoy136.credentials, nestedFetch: 'tells' },
  // Evidence: measured. 1.36 still tells.
  failures: { ...envoy136.failures, tellsCaller: false },
  http: {
    ...envoy136.http,
    // Evidence: measured. Those of a router lack their last dot.
    upstreamStats: {
      inCluster: (cluster) => `cluster.${cluster}.`,
      inRouter: (managerPrefix) => managerPrefix.replace(/\.$/, ''),
    },
    // Evidence: measured.
    histograms: 'by-sample',
  },
};
