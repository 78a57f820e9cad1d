import type { KubeObject } from '../../kube/kinds.ts';
import type { TcpDestination } from '../../kube/schemas/virtual-service.ts';
import { resolveDestination } from './route-action.ts';
import { isReachable, type RoutePlace } from './route-place.ts';

/** A cluster that connections are sent to, and how many of the others' shares it gets. */
export interface ConnectionTarget {
  readonly cluster: string;
  readonly weight: number;
}

/** Where TLS connections go that ask for one of some names. */
export interface SniRoute {
  readonly sniHosts: readonly string[];
  readonly targets: readonly ConnectionTarget[];
}

/** The TLS routes of a VirtualService that a place can reach, in source order. */
export function translateTlsRoutes(virtualService: KubeObject<'VirtualService'>, place: RoutePlace): SniRoute[] {
  const { namespace } = virtualService.metadata;
  return (virtualService.spec.tls ?? []).flatMap(({ match, route }) =>
    match
      .filter((condition) => isReachable(condition, namespace, place))
      .map(({ sniHosts }) => ({ sniHosts, targets: translateTargets(route, namespace, place) })),
  );
}

/** Where a VirtualService sends the bytes of a connection: its first TCP route that the place can reach. */
export function translateTcpRoute(
  virtualService: KubeObject<'VirtualService'>,
  place: RoutePlace,
): readonly ConnectionTarget[] | undefined {
  const { namespace } = virtualService.metadata;
  const found = (virtualService.spec.tcp ?? []).find(
    ({ match = [] }) => match.length === 0 || match.some((condition) => isReachable(condition, namespace, place)),
  );
  return found && translateTargets(found.route, namespace, place);
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
