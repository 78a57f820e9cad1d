import type { Instant } from '#core/clock.ts';
import type { LambdaArn } from '../filters/aws-lambda/lambda-arn.ts';
import type { Dialect } from './types.ts';

const CONNECTION_FAILURE = { reason: 'connection failure' };

/** Envoy 1.19, the proxy of Istio 1.11. */
export const envoy119: Dialect = {
  name: 'envoy-1.19',
  signing: {
    // Every version since 1.14: gateways.md 2.1, E/aws utility.cc.
    excludedHeaders: new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-amzn-trace-id']),
    createCanonicalHost: dropDefaultPort,
    createCanonicalPath: keepPath,
    createCanonicalQuery: keepQuery,
    formatDate: formatMinute,
    // Up to 1.30: gateways.md 2.6, envoyproxy/envoy#15963.
    presentHeaders: 'added-to',
    // Up to 1.22: gateways.md 2.10.
    logComponent: 'http',
    describeSignature: describeWholeSignature,
    announcesUnsigned: false,
    options: new Set(),
  },
  lambda: {
    createPath: createNamePath,
    // Before 1.25 one signer serves the listener and all its routes: gateways.md 1.1, envoyproxy/envoy#24185.
    routeSigner: 'none',
    // From 1.19: gateways.md 1.8, envoyproxy/envoy#16645.
    contentType: 'from-function',
    options: new Set(),
  },
  credentials: {
    // Up to 1.26: gateways.md 3.1. The container endpoint stands in for instance metadata where its variables are set.
    chain: ['environment', 'container', 'instance-metadata-v1'],
    hostSources: 'one-of',
    configurable: new Set(),
    // Off by default up to 1.31: gateways.md 3.1.
    usesAsyncClient: () => false,
    locateCredentialsFile: keepTilde,
    // The expiry is parsed by a format that never fits up to 1.27: gateways.md 3.4, envoyproxy/envoy#29267.
    container: { name: 'task role', readsTokenFile: false, readsExpiry: false },
    // Up to 1.30: gateways.md 3.6, envoyproxy/envoy#34426.
    sts: { readsExponents: false },
    // Up to 1.33: gateways.md 3.8, envoyproxy/envoy#38360.
    whilePending: 'unsigned',
    // Evidence: assumed. That later releases forget the keys is read from their code (gateways.md 3.8).
    afterFailedRefresh: 'keep',
    defaultRefreshMs: 3_595_000,
    // Until envoyproxy/envoy#35062: gateways.md 3.6.
    internalClusters: 'removed-by-cds',
    // Up to 1.38: gateways.md 3.7, envoyproxy/envoy#45643.
    nestedFetch: 'is-lost',
  },
  http: {
    // Evidence: assumed. Later releases answer 504 once the request has ended (gateways.md 4.3 has both).
    idleAfterRequestStatus: 408,
    // RFC 1918 and loopback until 1.32: gateways.md 4.4.
    internalAddresses: 'private-and-loopback',
    emptyRequestId: 'kept',
    tellsOriginalHost: false,
    // Evidence: assumed. 1.36 and 1.40 retry it, as measured.
    retriesOverloaded: false,
    // Up to 1.27 one is ejected regardless: outlier_detection.proto of 1.22 on `max_ejection_percent`.
    mayEject: (ejected, hosts, maxPercent) => ejected === 0 || (100 * ejected) / hosts < maxPercent,
    // Evidence: measured with 1.36. The name of the cluster is in them twice, a dot is lost, and a router's have no prefix.
    upstreamStats: {
      inCluster: (cluster) => `cluster.${cluster}.cluster.${cluster}`,
      inRouter: () => '',
    },
    // Evidence: measured with 1.36.
    histograms: 'interpolated',
  },
  failures: {
    // One reason for all up to 1.26: gateways.md 4.3.
    describeRefusal: () => CONNECTION_FAILURE,
    timedOut: CONNECTION_FAILURE,
    handshake: CONNECTION_FAILURE,
    secretMissing: 'TLS error: Secret is not supplied by SDS',
    tellsCaller: true,
    // Why a certificate was refused is told from 1.30 on.
    describeTls: (line) => `TLS error: ${line}`,
  },
};

/**
 * Only `80` and `443` are dropped; every other port is signed, which is why AWS refuses a forwarded port. The text is
 * split at colons, so an IPv6 address is mangled when its second group is one of them (gateways.md 2.3, E/aws utility.cc).
 */
function dropDefaultPort(authority: string): string {
  return DEFAULT_PORT.exec(authority)?.[1] ?? authority;
}

/** The first two parts between colons, the second one `80` or `443`. */
const DEFAULT_PORT = /^:*([^:]+):+(?:80|443)(?::|$)/;

/** Up to 1.19 the path is signed as it is on the wire (gateways.md 2.4). */
function keepPath(path: string): string {
  return path === '' ? '/' : path;
}

/** Up to 1.19 the query is signed as it is on the wire (gateways.md 2.5: sorting and encoding begin with 1.20). */
function keepQuery(query: string): string {
  return query;
}

/** The format string ends in a literal `00Z`: up to the 1.32 line seconds are not written (gateways.md 2.6, seed 000). */
function formatMinute(now: Instant): string {
  const digits = new Date(now).toISOString().replace(/[-:]/g, '');
  return `${digits.slice(0, 13)}00Z`;
}

/** Up to 1.29 the log shows the whole value (gateways.md 2.10). */
function describeWholeSignature(authorization: string): string {
  return `Signing request with: ${authorization}`;
}

/** Up to 1.22 the path names the function alone, not its ARN (gateways.md 1.4, envoyproxy/envoy#21970). */
function createNamePath(arn: LambdaArn): string {
  return `/2015-03-31/functions/${arn.functionName}/invocations`;
}

/** Nobody expands the tilde, so the file is never found (gateways.md 3.3, envoyproxy/envoy#31413). */
function keepTilde(): string {
  return '~/.aws/credentials';
}
