import type { RouteConfiguration } from '#xds/generated/messages.js';
import { patchRouteConfiguration } from '../envoy-filter/patch-routes.ts';
import type { PatchSet } from '../envoy-filter/select-patches.ts';
import { bindServers } from '../gateway-servers.ts';
import type { MeshView } from '../mesh-view.ts';
import type { Proxy } from '../proxy.ts';
import { createGatewayRoutes } from './gateway-routes.ts';
import { createOutboundRoutes } from './outbound-routes.ts';

/** The route tables that a proxy asks for, patched. Every name gets one, if need be without routes. */
export function generateRoutes(
  names: readonly string[],
  { proxy, view, patches }: { readonly proxy: Proxy; readonly view: MeshView; readonly patches: PatchSet },
): RouteConfiguration[] {
  if (proxy.type === 'sidecar') {
    return names.map((name) =>
      patchRouteConfiguration(createOutboundRoutes(name, proxy, view), { context: 'SIDECAR_OUTBOUND', patches }),
    );
  }
  const servers = bindServers(proxy, view);
  const servicePortsOf = (listenPort: number): number[] =>
    servers.filter(({ routeName }) => routeName === `http.${listenPort}`).map(({ server }) => server.port.number);
  return names.map((name) =>
    patchRouteConfiguration(createGatewayRoutes(name, servers, { proxy, view }), {
      context: 'GATEWAY',
      patches,
      servicePortsOf,
    }),
  );
}
