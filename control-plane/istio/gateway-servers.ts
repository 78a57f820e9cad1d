import type { KubeObject } from '../kube/kinds.ts';
import type { GatewayServer } from '../kube/schemas/gateway.ts';
import { intersectHosts } from './hosts.ts';
import type { MeshPort, MeshService } from './mesh-service.ts';
import { findGateways, findServiceTargets, type MeshView } from './mesh-view.ts';
import type { Proxy } from './proxy.ts';

/** A server of a Gateway, as it is put onto a gateway pod. */
export interface BoundServer {
  readonly server: GatewayServer;
  /** `namespace/name` of its Gateway. */
  readonly gateway: string;
  readonly gatewayNamespace: string;
  /** The port that the pod listens on: the target of the Service port that the server names, or that port itself. */
  readonly listenPort: number;
  /** The address that the pod listens at. */
  readonly bind: string;
  /** `http.8080`, or `https.443.https.eastwestgateway.istio-ingress`. */
  readonly routeName: string;
}

/**
 * The servers that one gateway pod serves, merged from every Gateway that selects it, oldest first. Plain servers of a
 * port share one route table; TLS servers of a port are told apart by their hosts. What conflicts with an earlier server
 * is left out (istio pilot/pkg/model/gateway.go, MergeGateways).
 */
export function bindServers(proxy: Proxy, view: MeshView): BoundServer[] {
  const targets = findServiceTargets(proxy, view);
  const toListenPort = (port: number): number =>
    targets.find((target) => target.port.number === port)?.targetPort ?? port;
  const candidates = findGateways(proxy, view).flatMap((gateway) =>
    gateway.spec.servers.map((server) => bindServer(server, gateway, toListenPort(server.port.number))),
  );
  const bound: BoundServer[] = [];
  for (const candidate of candidates) {
    if (!bound.some((earlier) => isConflict(earlier, candidate))) bound.push(candidate);
  }
  return bound;
}

/**
 * What is done with a server's connections: requests are read, out of TLS or not; or bytes are passed on, out of TLS, with
 * the TLS around them, where a route or the SNI itself says, or plain.
 */
export type ServerKind = 'http' | 'https' | 'tcp' | 'tls' | 'passthrough' | 'auto-passthrough';

/** A plain server may have TLS settings that only redirect. */
export function kindOf({ server: { port, tls } }: BoundServer): ServerKind {
  switch (port.protocol) {
    case 'HTTPS':
    case 'TLS':
      if (tls?.mode === 'PASSTHROUGH') return 'passthrough';
      if (tls?.mode === 'AUTO_PASSTHROUGH') return 'auto-passthrough';
      return port.protocol === 'HTTPS' ? 'https' : 'tls';
    case 'TCP':
      return 'tcp';
    case 'GRPC':
    case 'HTTP':
    case 'HTTP2':
      return 'http';
  }
}

/** Whether a server is told apart from others on its port by the name that its callers ask for. */
function isTlsServer(bound: BoundServer): boolean {
  const kind = kindOf(bound);
  return kind !== 'http' && kind !== 'tcp';
}

/** The ports inside the mesh that callers reach by SNI alone, through the servers that pass it on so. */
export function findSniServices(
  servers: readonly BoundServer[],
  view: MeshView,
): { readonly service: MeshService; readonly port: MeshPort }[] {
  const hosts = servers.filter((bound) => kindOf(bound) === 'auto-passthrough').flatMap(sniHosts);
  return view.services
    .filter(({ isMeshExternal, hostname }) => !isMeshExternal && intersectHosts([hostname], hosts).length > 0)
    .flatMap((service) =>
      service.ports.filter(({ protocol }) => protocol !== 'udp').map((port) => ({ service, port })),
    );
}

function bindServer(server: GatewayServer, { metadata }: KubeObject<'Gateway'>, listenPort: number): BoundServer {
  const { name, namespace } = metadata;
  const own = server.bind === undefined ? '' : `.${server.bind}`;
  const routeName =
    server.port.protocol === 'HTTPS'
      ? `https.${server.port.number}.${server.port.name ?? ''}.${name}.${namespace}${own}`
      : `http.${listenPort}${own}`;
  const bind = server.bind ?? '0.0.0.0';
  return { server, gateway: `${namespace}/${name}`, gatewayNamespace: namespace, listenPort, bind, routeName };
}

function isConflict(earlier: BoundServer, later: BoundServer): boolean {
  if (earlier.listenPort !== later.listenPort || earlier.bind !== later.bind) return false;
  if (isTlsServer(earlier) !== isTlsServer(later)) return true;
  if (!isTlsServer(later)) return kindOf(earlier) !== 'http' || kindOf(later) !== 'http';
  const hosts = new Set(sniHosts(earlier));
  return earlier.routeName === later.routeName || sniHosts(later).some((host) => hosts.has(host));
}

/** The host names of a server, without the namespaces that may use them, sorted. */
export function sniHosts({ server }: BoundServer): string[] {
  return [...new Set(server.hosts.map((host) => host.slice(host.indexOf('/') + 1)))].toSorted();
}
