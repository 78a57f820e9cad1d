import type { IngressListener } from '../kube/schemas/sidecar.ts';
import { findSidecar } from './find-sidecar.ts';
import { onePerPort, type MeshService, type ServiceTarget } from './mesh-service.ts';
import { findServiceTargets, type MeshView } from './mesh-view.ts';
import { parseProtocol } from './port-protocol.ts';
import type { Proxy } from './proxy.ts';

/** A port of a pod that its sidecar stands before. */
export interface InboundTarget extends ServiceTarget {
  /** Where the proxy itself listens; undefined where connections are redirected to it. */
  readonly bind?: string | undefined;
  /** Where connections go on to; undefined for where they were going. */
  readonly endpoint?: { readonly address: string; readonly port: number } | undefined;
}

/** The ports of a pod, ascending: those that its Sidecar lists, and else those that Services lead to. */
export function findInboundTargets(proxy: Proxy, view: MeshView): InboundTarget[] {
  const targets = onePerPort(findServiceTargets(proxy, view));
  const sidecar = findSidecar(proxy, view);
  const ingress = sidecar?.spec.ingress ?? [];
  if (sidecar === undefined || ingress.length === 0) return targets;
  return ingress
    .map((listener) => {
      const known = targets.find(({ targetPort }) => targetPort === listener.port.number);
      return createTarget(listener, known?.service ?? nameAfter(sidecar.metadata), proxy);
    })
    .toSorted((a, b) => a.targetPort - b.targetPort);
}

function createTarget(
  { port, bind, captureMode, defaultEndpoint }: IngressListener,
  service: MeshService,
  proxy: Proxy,
): InboundTarget {
  const { number, protocol, name = '' } = port;
  return {
    service,
    port: { number, name, protocol: parseProtocol(protocol), targetPort: number },
    targetPort: number,
    ...(captureMode === 'NONE' && { bind: bind ?? proxy.ip }),
    ...(defaultEndpoint !== undefined && { endpoint: parseEndpoint(defaultEndpoint, proxy) }),
  };
}

/** The wildcard stands for the pod's own address. */
function parseEndpoint(text: string, proxy: Proxy): { address: string; port: number } {
  const [address = '', port] = text.split(':');
  return { address: address === '0.0.0.0' ? proxy.ip : address, port: Number(port) };
}

/** Stands for a port that no Service leads to. */
function nameAfter({ name, namespace }: { readonly name: string; readonly namespace: string }): MeshService {
  return {
    name,
    namespace,
    hostname: `${name}.${namespace}`,
    address: undefined,
    autoAddress: undefined,
    selector: {},
    ports: [],
    resolution: 'endpoints',
    registry: 'external',
    isMeshExternal: true,
    workloads: [],
    subjectAltNames: [],
    exportTo: undefined,
  };
}
