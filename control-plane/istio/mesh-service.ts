import type { KubeObject } from '../kube/kinds.ts';
import { matchesLabels } from '../kube/labels.ts';
import type { Pod } from '../kube/pod-registry.ts';
import type { ServicePort } from '../kube/schemas/core.ts';
import type { Workload } from '../kube/schemas/service-entry.ts';
import { serviceHostname } from './names.ts';
import { detectProtocol, type PortProtocol } from './port-protocol.ts';

/**
 * How the endpoints of a Service are found: known to the control plane, by DNS in the proxy (all addresses, or the one at
 * hand), or not at all, because the caller's own destination counts.
 */
export type Resolution = 'endpoints' | 'dns' | 'dns-round-robin' | 'none';

/** A Service, or a host of a ServiceEntry, as the mesh sees it. */
export interface MeshService {
  readonly name: string;
  readonly namespace: string;
  readonly hostname: string;
  /** Undefined for headless Services, and for hosts that no address was written for. */
  readonly address: string | undefined;
  /** What proxies of a mesh with `ISTIO_META_DNS_AUTO_ALLOCATE` call a host without address by. */
  readonly autoAddress: string | undefined;
  /** Empty: the Service selects nothing. */
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly MeshPort[];
  readonly resolution: Resolution;
  readonly registry: 'kubernetes' | 'external';
  /** Outside the mesh nobody is asked for mTLS. */
  readonly isMeshExternal: boolean;
  /** Endpoints that a ServiceEntry lists, or the name that a Service stands for. */
  readonly workloads: readonly ServiceWorkload[];
  /** The names that its endpoints' certificates may have, besides those of the workloads behind it. */
  readonly subjectAltNames: readonly string[];
  /** The namespaces that see it: undefined for all. */
  readonly exportTo: readonly string[] | undefined;
}

/** An endpoint that is listed; of a host of several ServiceEntries, one that serves the ports of its own only. */
export type ServiceWorkload = Workload & { readonly onlyPorts?: readonly number[] };

export interface MeshPort {
  readonly number: number;
  readonly name: string;
  readonly protocol: PortProtocol;
  readonly targetPort: number | string;
}

/** A pod's port that a Service leads to. */
export interface ServiceTarget {
  readonly service: MeshService;
  readonly port: MeshPort;
  readonly targetPort: number;
}

/** A Service of type ExternalName has no pods: the proxy looks its other name up, outside the mesh (istio `kube/conversion.go`). */
export function createMeshService({ metadata, spec }: KubeObject<'Service'>): MeshService {
  const alias = spec.type === 'ExternalName' ? spec.externalName : undefined;
  const isHeadless = spec.clusterIP === undefined || spec.clusterIP === 'None';
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    hostname: serviceHostname(metadata.name, metadata.namespace),
    address: isHeadless ? undefined : spec.clusterIP,
    autoAddress: undefined,
    selector: spec.selector ?? {},
    ports: (spec.ports ?? []).map(createMeshPort),
    resolution: findResolution(spec.clusterIP, alias),
    registry: 'kubernetes',
    isMeshExternal: alias !== undefined,
    workloads: alias === undefined ? [] : [{ address: alias }],
    subjectAltNames: [],
    exportTo: metadata.annotations['networking.istio.io/exportTo']?.split(',').map((scope) => scope.trim()),
  };
}

function findResolution(clusterIP: string | undefined, alias: string | undefined): Resolution {
  if (alias !== undefined) return 'dns';
  return clusterIP === 'None' ? 'none' : 'endpoints';
}

function createMeshPort(port: ServicePort): MeshPort {
  return {
    number: port.port,
    name: port.name ?? '',
    protocol: detectProtocol(port),
    targetPort: port.targetPort ?? port.port,
  };
}

/** Whether a pod stands behind a Service. */
export function selectsPod(service: MeshService, pod: Pick<Pod, 'namespace' | 'labels'>): boolean {
  return (
    service.namespace === pod.namespace &&
    Object.keys(service.selector).length > 0 &&
    matchesLabels(service.selector, pod.labels)
  );
}

/** The pod's port number that a Service's port leads to; undefined when the pod names no such port. */
export function resolveTargetPort({ targetPort }: MeshPort, ports: Pod['ports']): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  return ports.find(({ name }) => name === targetPort)?.containerPort;
}

/** One target for each port of the pod, ports ascending: the first Service wins. */
export function onePerPort(targets: readonly ServiceTarget[]): ServiceTarget[] {
  const byPort = new Map(targets.toReversed().map((target) => [target.targetPort, target]));
  return [...byPort.values()].toSorted((a, b) => a.targetPort - b.targetPort);
}
