import type { MeshService } from './mesh-service.ts';
import { indexByHostname, type MeshView } from './mesh-view.ts';
import type { Proxy } from './proxy.ts';
import { limitEgress } from './sidecar-egress.ts';
import { isExportedTo } from './visibility.ts';

/**
 * The mesh as one proxy sees it: only services that are exported to its namespace, and
 * that its Sidecar lets it call. Of several services with one host name
 * that of its own namespace counts, else the first.
 */
export function scopeToProxy(view: MeshView, proxy: Proxy): MeshView {
  const limited = limitEgress(view, proxy);
  const visible = limited.services.filter((service) =>
    isExportedTo(service.exportTo, service.namespace, proxy.namespace),
  );
  const allocates = allocatesAddresses(proxy, view);
  const services = onePerHost(visible, proxy.namespace).map((service) =>
    allocates && service.autoAddress !== undefined ? { ...service, address: service.autoAddress } : service,
  );
  return { ...view, ...limited, services, findService: indexByHostname(services) };
}

/** Whether the proxy answers its workload's DNS questions, and has an address for every host. */
function allocatesAddresses({ metadata }: Proxy, { settings }: MeshView): boolean {
  const isOn = (name: string): boolean => (metadata[name] ?? settings.proxyMetadata[`ISTIO_META_${name}`]) === 'true';
  return isOn('DNS_CAPTURE') && isOn('DNS_AUTO_ALLOCATE');
}

function onePerHost(services: readonly MeshService[], own: string): MeshService[] {
  const byHost = new Map<string, MeshService>();
  for (const service of services) {
    const known = byHost.get(service.hostname);
    if (known === undefined || (known.namespace !== own && service.namespace === own)) {
      byHost.set(service.hostname, service);
    }
  }
  return [...byHost.values()];
}
