import type { KubeObject } from '../kube/kinds.ts';
import { matchesLabels } from '../kube/labels.ts';
import type { Pod } from '../kube/pod-registry.ts';
import type { ServicePort } from '../kube/schemas/core.ts';
import { serviceHostname } from './names.ts';
import { detectProtocol, type PortProtocol } from './port-protocol.ts';

/** A Service as the mesh sees it. */
export interface MeshService {
  readonly name: string;
  readonly namespace: string;
  readonly hostname: string;
  /** Undefined for headless Services. */
  readonly address: string | undefined;
  /** Empty: the Service selects nothing. */
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly MeshPort[];
}

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

export function createMeshService({ metadata, spec }: KubeObject<'Service'>): MeshService {
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    hostname: serviceHostname(metadata.name, metadata.namespace),
    address: spec.clusterIP === undefined || spec.clusterIP === 'None' ? undefined : spec.clusterIP,
    selector: spec.selector ?? {},
    ports: (spec.ports ?? []).map(createMeshPort),
  };
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
