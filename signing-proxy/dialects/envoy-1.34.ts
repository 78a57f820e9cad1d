import type { Instant } from '#core/clock.ts';
import { encodeSegments } from './canonical-path.ts';
import { envoy130 } from './envoy-1.30.ts';
import { encode } from './percent-encoding.ts';
import type { Dialect } from './types.ts';

const S3_SERVICES = new Set(['s3', 's3-outposts']);

/** Envoy 1.34, the proxy of Istio 1.26: what changed since 1.30. */
export const envoy134: Dialect = {
  ...envoy130,
  name: 'envoy-1.34',
  signing: {
    ...envoy130.signing,
    createCanonicalPath,
    formatDate,
    // From 1.31 or 1.32: gateways.md 2.6, envoyproxy/envoy#35082.
    presentHeaders: 'replaced',
  },
  credentials: {
    ...envoy130.credentials,
    // About 1.34 on: gateways.md 3.1.
    hostSources: 'both',
    // From 1.31 and 1.33: gateways.md 1.1, 3.7.
    configurable: new Set(['profile', 'inline', 'provider']),
    // The default in 1.32, the only one from 1.33 on: gateways.md 3.1.
    usesAsyncClient: () => true,
    // From 1.31: gateways.md 3.6, envoyproxy/envoy#34426.
    sts: { readsExponents: true },
    // From 1.34: gateways.md 3.8.
    whilePending: 'wait',
    afterFailedRefresh: 'anonymous',
    // From 1.31: gateways.md 3.8, envoyproxy/envoy#34138.
    defaultRefreshMs: 3_595_000,
    internalClusters: 'kept',
  },
  // From 1.33 (gateways.md 4.4) and 1.34 (its release notes).
  http: { ...envoy130.http, internalAddresses: 'none', emptyRequestId: 'replaced' },
};

/** From 1.31 or 1.32 on a path of S3 keeps what is encoded already (gateways.md 2.4, envoyproxy/envoy#35048). */
function createCanonicalPath(path: string, service: string): string {
  if (path === '') return '/';
  return S3_SERVICES.has(service.toLowerCase()) ? encode(path, /[^A-Za-z0-9\-._~/%]/g) : encodeSegments(path);
}

/** With seconds since 1.32 or 1.33 (gateways.md 2.6). */
function formatDate(now: Instant): string {
  return `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}
