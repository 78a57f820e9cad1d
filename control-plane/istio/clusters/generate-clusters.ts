import type { Cluster } from '#xds/generated/messages.js';
import { patchClusters } from '../envoy-filter/patch-clusters.ts';
import type { PatchSet } from '../envoy-filter/select-patches.ts';
import { bindServers, findSniServices } from '../gateway-servers.ts';
import { findInboundTargets } from '../inbound-targets.ts';
import type { MeshView } from '../mesh-view.ts';
import type { Proxy } from '../proxy.ts';
import {
  createBlackHoleCluster,
  createInboundCluster,
  createInboundPassthroughCluster,
  createPassthroughCluster,
} from './passthrough-clusters.ts';
import { findGatewayServices } from './gateway-services.ts';
import { createServiceClusters, createSniClusters } from './service-cluster.ts';

/**
 * All clusters of a proxy, in istiod's order: Services, then catch-alls, then those that EnvoyFilters add, the same for
 * the inbound side. Of clusters with one name the first stays (istio `cluster.go`, BuildClusters).
 */
export function generateClusters(proxy: Proxy, view: MeshView, patches: PatchSet): Cluster[] {
  const reachable = proxy.type === 'router' ? findGatewayServices(proxy, view) : view.services;
  const services = reachable.flatMap((service) =>
    service.ports
      .filter(({ protocol }) => protocol !== 'udp')
      .flatMap((port) => createServiceClusters(service, port, { proxy, view })),
  );
  if (proxy.type === 'router') {
    const bySni = findSniServices(bindServers(proxy, view), view).flatMap(({ service, port }) =>
      createSniClusters(service, port, { proxy, view }),
    );
    return firstOfEachName(patchClusters([...services, ...bySni, createBlackHoleCluster()], 'GATEWAY', patches));
  }
  const targets = findInboundTargets(proxy, view);
  const outbound = [...services, createBlackHoleCluster(), createPassthroughCluster()];
  const inbound = [...targets.map(createInboundCluster), createInboundPassthroughCluster()];
  return firstOfEachName([
    ...patchClusters(outbound, 'SIDECAR_OUTBOUND', patches),
    ...patchClusters(inbound, 'SIDECAR_INBOUND', patches, targets),
  ]);
}

function firstOfEachName(clusters: readonly Cluster[]): Cluster[] {
  const byName = new Map<string, Cluster>();
  for (const cluster of clusters) if (!byName.has(cluster.name)) byName.set(cluster.name, cluster);
  return [...byName.values()];
}
