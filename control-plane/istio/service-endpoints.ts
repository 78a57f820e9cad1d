import { matchesLabels } from '../kube/labels.ts';
import type { Pod } from '../kube/pod-registry.ts';
import type { Workload } from '../kube/schemas/service-entry.ts';
import { parseLocality, readLocalityLabel, type Locality } from './locality.ts';
import { resolveTargetPort, selectsPod, type MeshPort, type MeshService } from './mesh-service.ts';
import type { MeshView } from './mesh-view.ts';
import { spiffeId } from './names.ts';
import { findMtlsMode } from './security/mtls-mode.ts';

/** A place where a Service's port is served. */
export interface ServiceEndpoint {
  /** An IP address, or a name where the proxy looks names up. */
  readonly address: string;
  readonly port: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it takes the mesh's mTLS. */
  readonly speaksMeshTls: boolean;
  readonly weight: number;
  readonly locality: Locality;
}

const TLS_MODE_LABEL = 'security.istio.io/tlsMode';

/** The endpoints of a port: the ready pods behind it, WorkloadEntries that it selects, and those that a ServiceEntry lists. */
export function findServiceEndpoints(service: MeshService, port: MeshPort, view: MeshView): ServiceEndpoint[] {
  const ofPods = view.pods
    .filter((pod) => pod.isReady && selectsPod(service, pod))
    .flatMap((pod) => createPodEndpoint(pod, port, view));
  const listed = service.workloads.filter(({ onlyPorts }) => onlyPorts?.includes(port.number) ?? true);
  const ofWorkloads = [...listed, ...selectWorkloads(service, view).map(({ workload }) => workload)].map((workload) =>
    createWorkloadEndpoint(workload, port),
  );
  return [...ofPods, ...ofWorkloads];
}

/** The identities that may answer for a Service, as its endpoints' certificates name them, sorted. */
export function findServiceIdentities(service: MeshService, view: MeshView): string[] {
  const ofPods = view.pods
    .filter((pod) => selectsPod(service, pod))
    .map(({ namespace, serviceAccount }) => spiffeId(namespace, serviceAccount));
  const listed = service.workloads.map((workload) => ({ workload, namespace: service.namespace }));
  const ofWorkloads = [...listed, ...selectWorkloads(service, view)].flatMap(({ workload, namespace }) =>
    workload.serviceAccount === undefined ? [] : [spiffeId(namespace, workload.serviceAccount)],
  );
  return [...new Set([...ofPods, ...ofWorkloads, ...service.subjectAltNames])].toSorted();
}

function selectWorkloads(
  service: MeshService,
  view: MeshView,
): { readonly workload: Workload; readonly namespace: string }[] {
  if (Object.keys(service.selector).length === 0) return [];
  return view.workloadEntries
    .filter(({ metadata }) => metadata.namespace === service.namespace)
    .filter(({ spec }) => matchesLabels(service.selector, spec.labels ?? {}))
    .map(({ spec, metadata }) => ({ workload: spec, namespace: metadata.namespace }));
}

/** A pod that must not be called with mTLS is as good as one without a sidecar. */
function createPodEndpoint(pod: Pod, port: MeshPort, view: MeshView): ServiceEndpoint[] {
  const targetPort = resolveTargetPort(port, pod.ports);
  if (targetPort === undefined) return [];
  const speaksMeshTls = pod.hasSidecar && findMtlsMode(pod, targetPort, view) !== 'DISABLE';
  const locality = readLocalityLabel(pod.labels);
  return [{ address: pod.ip, port: targetPort, labels: pod.labels, speaksMeshTls, weight: 1, locality }];
}

/** Its own number for the port's name, else the number that the Service leads to. */
function createWorkloadEndpoint(workload: Workload, port: MeshPort): ServiceEndpoint {
  const { address, ports, labels = {}, weight, locality } = workload;
  const targetPort = typeof port.targetPort === 'number' ? port.targetPort : port.number;
  return {
    address,
    port: ports?.[port.name] ?? targetPort,
    labels,
    speaksMeshTls: labels[TLS_MODE_LABEL] === 'istio',
    weight: weight === undefined || weight === 0 ? 1 : weight,
    locality: locality === undefined ? readLocalityLabel(labels) : parseLocality(locality),
  };
}
