import type { KubeObject } from '../kube/kinds.ts';
import { matchesLabels } from '../kube/labels.ts';
import type { EgressListener } from '../kube/schemas/sidecar.ts';
import type { GatewayTopology } from '../kube/schemas/istio-operator.ts';
import type { Retries } from '../kube/schemas/virtual-service.ts';
import type { Pod } from '../kube/pod-registry.ts';
import type { DestinationRuleIndex } from './destination-rules.ts';
import type { Features } from './features.ts';
import { resolveTargetPort, selectsPod, type MeshService, type ServiceTarget } from './mesh-service.ts';
import type { Proxy } from './proxy.ts';

/** What is set for the whole mesh. */
export interface MeshSettings {
  /** The control plane's own version: `1.17.2`. */
  readonly istioVersion: string;
  /** Whose EnvoyFilters reach every namespace. */
  readonly rootNamespace: string;
  /** What a sidecar does with requests to hosts that no Service has. */
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  /** istiod's own switches. */
  readonly features: Features;
  /** `meshConfig.defaultConfig.proxyMetadata`: environment of every proxy's container. */
  readonly proxyMetadata: Readonly<Record<string, string>>;
  readonly accessLog: AccessLogSettings;
  /** `meshConfig.defaultHttpRetryPolicy`. */
  readonly defaultRetries: Retries | undefined;
  readonly pathNormalization: PathNormalization;
  readonly gatewayTopology: GatewayTopology;
  readonly connectTimeoutMs: number;
}

/** Where proxies write a line for each request, and in which form. */
export interface AccessLogSettings {
  /** Empty: nowhere, unless a Telemetry says so. */
  readonly file: string;
  readonly encoding: 'TEXT' | 'JSON';
  /** Empty is Istio's own. */
  readonly format: string;
}

/** What becomes of a path before it is matched. `BASE` is the default. */
export type PathNormalization = 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';

/** The mesh at one moment: what resources are generated from. Nothing in it changes. */
export interface MeshView {
  readonly settings: MeshSettings;
  /** Sorted by host name. */
  readonly services: readonly MeshService[];
  readonly workloadEntries: readonly KubeObject<'WorkloadEntry'>[];
  readonly destinationRules: DestinationRuleIndex;
  readonly pods: readonly Pod[];
  /** In the order in which they win: oldest first. */
  readonly gateways: readonly KubeObject<'Gateway'>[];
  readonly virtualServices: readonly KubeObject<'VirtualService'>[];
  readonly authorizationPolicies: readonly KubeObject<'AuthorizationPolicy'>[];
  readonly peerAuthentications: readonly KubeObject<'PeerAuthentication'>[];
  readonly sidecars: readonly KubeObject<'Sidecar'>[];
  readonly telemetries: readonly KubeObject<'Telemetry'>[];
  /** What can be called through each listener of the proxy's Sidecar; all through one without it. */
  readonly egress: readonly EgressScope[];
  readonly envoyFilters: readonly KubeObject<'EnvoyFilter'>[];
  findService(hostname: string): MeshService | undefined;
  findSecret(namespace: string, name: string): KubeObject<'Secret'> | undefined;
}

/** What a workload can call through one listener of its Sidecar. */
export interface EgressScope extends Pick<MeshView, 'services' | 'virtualServices'> {
  /** Undefined for every port that no other listener has. */
  readonly listener: (EgressListener & { readonly port: object }) | undefined;
}

/**
 * The Service ports that lead to a proxy's own pod. A proxy that no known pod stands for is taken by its labels, as
 * istiod takes nodes outside the cluster (xds.md 3.6). For a target port that two Services share the first one counts.
 */
export function findServiceTargets(proxy: Proxy, view: MeshView): ServiceTarget[] {
  const pod = view.pods.find(({ ip }) => ip === proxy.ip);
  const workload = pod ?? { namespace: proxy.namespace, labels: proxy.labels, ports: [] };
  return view.services
    .filter((service) => selectsPod(service, workload))
    .flatMap((service) =>
      service.ports.flatMap((port) => {
        const targetPort = resolveTargetPort(port, workload.ports);
        return targetPort === undefined || port.protocol === 'udp' ? [] : [{ service, port, targetPort }];
      }),
    );
}

/** The Gateways whose selector fits a gateway pod; an empty selector fits every one. */
export function findGateways(proxy: Proxy, view: MeshView): KubeObject<'Gateway'>[] {
  return view.gateways.filter(({ spec }) => matchesLabels(spec.selector, proxy.labels));
}

/** Of several services with one host name the first counts. */
export function indexByHostname(services: readonly MeshService[]): MeshView['findService'] {
  const byHostname = new Map(services.toReversed().map((service) => [service.hostname, service]));
  return (hostname) => byHostname.get(hostname);
}
