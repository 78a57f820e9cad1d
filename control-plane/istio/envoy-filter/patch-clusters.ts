import { clone } from '@bufbuild/protobuf';
import { ClusterSchema, TransportSocketSchema, type Cluster, type TransportSocket } from '#xds/generated/messages.js';
import type { ServiceTarget } from '../mesh-service.ts';
import { parseClusterName } from '../names.ts';
import { mergeAny, mergeMessage } from './merge-message.ts';
import type { Patch, PatchContext, PatchSet } from './select-patches.ts';

/**
 * Applies the CLUSTER patches of one side: removes and merges, then additions (istio `envoyfilter/cluster_patch.go`).
 *
 * @param targets the Services behind inbound clusters, whose names don't tell
 */
export function patchClusters(
  clusters: readonly Cluster[],
  context: PatchContext,
  patches: PatchSet,
  targets: readonly ServiceTarget[] = [],
): Cluster[] {
  const ofSide = patches.of('CLUSTER', context);
  const kept = clusters.filter(
    (cluster) => !ofSide.some((patch) => patch.operation === 'REMOVE' && matchesCluster(cluster, patch, targets)),
  );
  for (const cluster of kept) {
    for (const patch of ofSide) {
      if (patch.operation === 'MERGE' && matchesCluster(cluster, patch, targets)) mergeCluster(cluster, patch.value);
    }
  }
  const added = ofSide
    .filter(({ operation }) => operation === 'ADD')
    // An addition that names no side is for callers, not for a sidecar's own inbound side.
    .filter((patch) => patch.context !== 'ANY' || context !== 'SIDECAR_INBOUND')
    .map(({ value }) => clone(ClusterSchema, value));
  return [...kept, ...added];
}

function matchesCluster(cluster: Cluster, { match }: Patch<'CLUSTER'>, targets: readonly ServiceTarget[]): boolean {
  const wanted = match.cluster;
  if (wanted === undefined) return true;
  if (wanted.name !== undefined && wanted.name !== '') return wanted.name === cluster.name;
  const parts = parseClusterName(cluster.name);
  const hosts =
    parts?.direction === 'inbound'
      ? targets.filter(({ targetPort }) => targetPort === parts.port).map(({ service }) => service.hostname)
      : [parts?.host];
  return (
    isUnsetOr(wanted.subset, parts?.subset) &&
    isUnsetOr(wanted.portNumber, parts?.port) &&
    (wanted.service === undefined || wanted.service === '' || hosts.includes(wanted.service))
  );
}

function isUnsetOr<T>(wanted: T | undefined, actual: T | undefined): boolean {
  return wanted === undefined || wanted === '' || wanted === 0 || wanted === actual;
}

/** A patch with a transport socket does nothing else: it is merged into the socket of the same name, or replaces it. */
function mergeCluster(cluster: Cluster, patch: Cluster): void {
  if (patch.transportSocket === undefined) {
    mergeMessage(ClusterSchema, cluster, patch);
    return;
  }
  const { name } = patch.transportSocket;
  const matches = cluster.transportSocketMatches.map(({ transportSocket }) => transportSocket);
  const existing = [...matches, cluster.transportSocket].find((socket) => socket?.name === name);
  if (existing !== undefined) mergeTransportSocket(existing, patch.transportSocket);
  else if (matches.length === 0) cluster.transportSocket = clone(TransportSocketSchema, patch.transportSocket);
}

function mergeTransportSocket({ configType }: TransportSocket, patch: TransportSocket): void {
  if (configType.case !== 'typedConfig' || patch.configType.case !== 'typedConfig') return;
  configType.value = mergeAny(configType.value, patch.configType.value) ?? configType.value;
}
