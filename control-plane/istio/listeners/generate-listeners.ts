import type { Listener } from '#xds/generated/messages.js';
import { patchListeners } from '../envoy-filter/patch-listeners.ts';
import { patchRouteConfiguration } from '../envoy-filter/patch-routes.ts';
import type { PatchSet } from '../envoy-filter/select-patches.ts';
import { bindServers } from '../gateway-servers.ts';
import { findInboundTargets } from '../inbound-targets.ts';
import type { MeshView } from '../mesh-view.ts';
import type { Proxy } from '../proxy.ts';
import { createInboundRoutes } from '../routes/inbound-routes.ts';
import { createAuthorization } from '../security/authorization.ts';
import { findMtlsMode } from '../security/mtls-mode.ts';
import { createGatewayListeners } from './gateway-listeners.ts';
import { createInboundListeners } from './inbound-listener.ts';
import { createOutboundListeners, createVirtualOutboundListener } from './outbound-listeners.ts';

/** All listeners of a proxy, patched: a sidecar's outbound ones first, as istiod sends them. */
export function generateListeners(proxy: Proxy, view: MeshView, patches: PatchSet): Listener[] {
  const authorization = createAuthorization(proxy, view);
  if (proxy.type === 'router') {
    const servers = bindServers(proxy, view);
    return patchListeners(createGatewayListeners(servers, { proxy, view, authorization }), 'GATEWAY', patches);
  }
  const outbound = [...createOutboundListeners({ proxy, view }), createVirtualOutboundListener(view)];
  const inbound = createInboundListeners({
    targets: findInboundTargets(proxy, view),
    routesOf: (target) => patchRouteConfiguration(createInboundRoutes(target), { context: 'SIDECAR_INBOUND', patches }),
    modeOf: (port) => findMtlsMode(proxy, port, view),
    authorization,
    context: { proxy, view },
  });
  return [
    ...patchListeners(outbound, 'SIDECAR_OUTBOUND', patches),
    ...patchListeners(inbound, 'SIDECAR_INBOUND', patches),
  ];
}
