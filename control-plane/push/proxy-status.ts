import type { ConnectionStatus } from '#xds/discovery-server.ts';
import type { WatchStatus } from '#xds/server-subscriptions.ts';
import { CLUSTER_TYPE, ENDPOINT_TYPE, EXTENSION_CONFIG_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { parseProxy } from '../istio/proxy.ts';
import { isAtLeast } from '../istio/version.ts';

/** How far a proxy is with one type of resource, in istioctl's words (gateways.md 5.9). */
type SyncState = 'SYNCED' | 'NOT SENT' | 'STALE' | 'STALE (Never Acknowledged)' | 'ERROR' | 'IGNORED';

/** One line of `istioctl proxy-status`. */
export interface ProxyStatus {
  /** `<pod>.<namespace>` */
  readonly name: string;
  readonly kubeCluster: string;
  /** What the proxy's mesh calls its KubeCluster: `Kubernetes` by default. */
  readonly clusterId: string;
  readonly cdsStatus: SyncState;
  readonly ldsStatus: SyncState;
  readonly edsStatus: SyncState;
  readonly rdsStatus: SyncState;
  readonly ecdsStatus: SyncState;
  readonly istiod: string;
  /** The proxy's version. */
  readonly version: string;
  /** What the proxy refused last, by type URL, until it accepts something newer. */
  readonly rejections: Readonly<Record<string, string>>;
}

export interface StatusSource {
  readonly kubeCluster: string;
  readonly istiod: string;
  readonly istioVersion: string;
}

/** A table row for each connected proxy, sorted by name. */
export function createProxyStatus(connections: readonly ConnectionStatus[], source: StatusSource): ProxyStatus[] {
  return connections
    .map((connection) => createRow(connection, source))
    .toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}

function createRow(
  { node, watches }: ConnectionStatus,
  { kubeCluster, istiod, istioVersion }: StatusSource,
): ProxyStatus {
  const proxy = parseProxy(node);
  const clusterId = proxy.metadata['CLUSTER_ID'];
  const stateOf = (typeUrl: string): SyncState =>
    describeState(
      watches.find((watch) => watch.typeUrl === typeUrl),
      istioVersion,
    );
  const rejected = watches.flatMap(({ typeUrl, rejection }) =>
    rejection ? [[typeUrl, rejection.message] as const] : [],
  );
  return {
    name: proxy.name,
    kubeCluster,
    clusterId: typeof clusterId === 'string' ? clusterId : 'Kubernetes',
    cdsStatus: stateOf(CLUSTER_TYPE),
    ldsStatus: stateOf(LISTENER_TYPE),
    edsStatus: stateOf(ENDPOINT_TYPE),
    rdsStatus: stateOf(ROUTE_TYPE),
    ecdsStatus: stateOf(EXTENSION_CONFIG_TYPE),
    istiod,
    version: proxy.istioVersion ?? '',
    rejections: Object.fromEntries(rejected),
  };
}

/**
 * A refusal does not move the acknowledged nonce: it reads STALE before 1.23, ERROR from then on. What nobody subscribed to
 * was never sent, and from 1.23 on is told apart.
 */
function describeState(watch: WatchStatus | undefined, istioVersion: string): SyncState {
  const isNewer = isAtLeast(istioVersion, '1.23');
  if (watch === undefined) return isNewer ? 'IGNORED' : 'NOT SENT';
  if (watch.nonceSent === '') return 'NOT SENT';
  if (watch.nonceSent === watch.nonceAcked) return 'SYNCED';
  if (watch.rejection?.nonce === watch.nonceSent && isNewer) return 'ERROR';
  return watch.nonceAcked === '' ? 'STALE (Never Acknowledged)' : 'STALE';
}
