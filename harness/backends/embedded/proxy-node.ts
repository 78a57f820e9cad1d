import { create, type JsonObject } from '@bufbuild/protobuf';
import type { PodFacts } from '#control-plane/kube/environment.ts';
import type { Injection } from '#control-plane/istio/installation/injection.ts';
import { NodeSchema, type Node } from '#xds/generated/messages.js';

/** How a proxy introduces itself to istiod: the id's four parts and the metadata that istiod reads (xds.md 3.1). */
export function createProxyNode(
  { proxyType: type, gatewayTopology }: Pick<Injection, 'proxyType' | 'gatewayTopology'>,
  pod: PodFacts,
  istioVersion: string,
): Node {
  const domain = `${pod.namespace}.svc.cluster.local`;
  return create(NodeSchema, {
    id: `${type}~${pod.ip}~${pod.name}.${pod.namespace}~${domain}`,
    cluster: `${pod.labels['app'] ?? pod.name}.${pod.namespace}`,
    metadata: {
      CLUSTER_ID: 'Kubernetes',
      INSTANCE_IPS: pod.ip,
      ISTIO_VERSION: istioVersion,
      LABELS: { ...pod.labels },
      MESH_ID: 'cluster.local',
      NAME: pod.name,
      NAMESPACE: pod.namespace,
      SERVICE_ACCOUNT: pod.serviceAccount,
      ...(gatewayTopology && { PROXY_CONFIG: { gatewayTopology: describeTopology(gatewayTopology) } }),
    },
  });
}

function describeTopology({
  numTrustedProxies,
  forwardClientCertDetails,
}: NonNullable<Injection['gatewayTopology']>): JsonObject {
  return {
    ...(numTrustedProxies !== undefined && { numTrustedProxies }),
    ...(forwardClientCertDetails !== undefined && { forwardClientCertDetails }),
  };
}
