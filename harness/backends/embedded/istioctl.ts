import { formatClusters } from '#control-plane/istioctl/clusters-table.ts';
import { formatEndpoints } from '#control-plane/istioctl/endpoints-table.ts';
import { formatListeners } from '#control-plane/istioctl/listeners-table.ts';
import { formatRoutes } from '#control-plane/istioctl/routes-table.ts';
import { formatSecrets } from '#control-plane/istioctl/secrets-table.ts';
import { formatProxyStatus } from '#control-plane/push/proxy-status-table.ts';
import type { ProxyStatus } from '#control-plane/push/proxy-status.ts';
import type { Instant } from '#core/clock.ts';
import type { Proxy } from '#signing-proxy/proxy.ts';
import type { ProxyConfigKind } from '../backend.ts';
import { Listing } from '../listing.ts';

/** `istioctl proxy-status` of a version. */
export function listProxyStatus(rows: readonly ProxyStatus[], istioVersion: string): Listing<ProxyStatus> {
  return new Listing(rows, formatProxyStatus(rows, istioVersion));
}

/** `istioctl proxy-config` of a version for one proxy. */
export async function listProxyConfig(
  proxy: Proxy,
  kind: ProxyConfigKind,
  { istioVersion, now }: { readonly istioVersion: string; readonly now: Instant },
): Promise<Listing<unknown>> {
  const resources = await proxy.configOf(kind);
  switch (kind) {
    case 'listener':
      return new Listing(resources, formatListeners(resources, istioVersion));
    case 'route':
      return new Listing(resources, formatRoutes(resources, istioVersion));
    case 'cluster':
      return new Listing(resources, formatClusters(resources));
    case 'endpoint':
      return new Listing(resources, formatEndpoints(await proxy.endpoints()));
    case 'secret':
      return new Listing(resources, formatSecrets(resources, now));
  }
}
