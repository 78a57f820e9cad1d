import type { KubeObject } from '../../kube/kinds.ts';
import type { TcpDestination, TcpMatch } from '../../kube/schemas/virtual-service.ts';
import { resolveDestination } from './route-action.ts';
import { isReachable, type RoutePlace } from './route-place.ts';

/** A cluster that connections are sent to, and how many of the others' shares it gets. */
export interface ConnectionTarget {
  readonly cluster: string;
  readonly weight: number;
}

/** Where connections go, if they were going to one of some networks; to anywhere for none. */
export interface ConnectionRoute {
  readonly subnets: readonly string[];
  readonly targets: readonly ConnectionTarget[];
}

/** Where TLS connections go that ask for one of some names. */
export interface SniRoute extends ConnectionRoute {
  readonly sniHosts: readonly string[];
}

/** The TLS routes of a VirtualService that a place can reach, in source order. */
export function translateTlsRoutes(virtualService: KubeObject<'VirtualService'>, place: RoutePlace): SniRoute[] {
  const { namespace } = virtualService.metadata;
  return (virtualService.spec.tls ?? []).flatMap(({ match, route }) =>
    match
      .filter((condition) => isReachable(condition, namespace, place))
      .map(({ sniHosts, destinationSubnets: subnets = [] }) => ({
        sniHosts,
        subnets,
        targets: translateTargets(route, namespace, place),
      })),
  );
}

/**
 * Where a VirtualService sends the bytes of connections: the TCP routes for some networks that the place can reach, up to
 * the first that is for all.
 */
export function translateTcpRoutes(virtualService: KubeObject<'VirtualService'>, place: RoutePlace): ConnectionRoute[] {
  const { namespace } = virtualService.metadata;
  const routes = (virtualService.spec.tcp ?? []).flatMap(({ match = [], route }) =>
    (match.length === 0 ? [{}] : match)
      .filter((condition) => isReachable(condition, namespace, place))
      .map(({ destinationSubnets: subnets = [] }: TcpMatch) => ({
        subnets,
        targets: translateTargets(route, namespace, place),
      })),
  );
  const first = routes.findIndex(({ subnets }) => subnets.length === 0);
  return first < 0 ? routes : routes.slice(0, first + 1);
}

function translateTargets(
  destinations: readonly TcpDestination[],
  namespace: string,
  { view, listenPort }: RoutePlace,
): ConnectionTarget[] {
  const targets = destinations.map(({ destination, weight = 0 }) => ({
    cluster: resolveDestination(destination, { view, namespace, listenPort }),
    weight,
  }));
  return targets.length === 1 ? targets : targets.filter(({ weight }) => weight > 0);
}
