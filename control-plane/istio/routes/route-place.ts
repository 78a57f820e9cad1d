import { matchesLabels } from '../../kube/labels.ts';
import type { SourceMatch } from '../../kube/schemas/virtual-service.ts';
import type { MeshView } from '../mesh-view.ts';
import type { Proxy } from '../proxy.ts';
import { resolveGateway } from './bound-virtual-services.ts';

/** Where the routes of a VirtualService are used. */
export interface RoutePlace {
  readonly proxy: Proxy;
  readonly view: MeshView;
  /** The port that `match.port` compares with: a Gateway server's, or that of the Services called. */
  readonly listenPort: number;
  /** Whether requests come in over TLS that ends here. */
  readonly isTls?: boolean;
  /** `mesh`, or `namespace/name` of a Gateway. */
  readonly gateway: string;
}

/**
 * Whether a condition can be fulfilled in a place. `gateways`, when given, are all that counts of the source; otherwise the
 * proxy's labels and namespace do (gateways.md 5.2).
 *
 * @param namespace the VirtualService's
 */
export function isReachable(
  match: SourceMatch | undefined,
  namespace: string,
  { proxy, listenPort, gateway }: RoutePlace,
): boolean {
  if (match === undefined) return true;
  if (match.port !== undefined && match.port !== listenPort) return false;
  if (match.gateways !== undefined && match.gateways.length > 0) {
    return match.gateways.some((name) => resolveGateway(name, namespace) === gateway);
  }
  return (
    matchesLabels(match.sourceLabels ?? {}, proxy.labels) &&
    (match.sourceNamespace === undefined || match.sourceNamespace === proxy.namespace)
  );
}
