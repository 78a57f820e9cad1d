import type { EgressListener } from '../kube/schemas/sidecar.ts';
import { findSidecar } from './find-sidecar.ts';
import { intersectHosts } from './hosts.ts';
import type { EgressScope, MeshView } from './mesh-view.ts';
import { resolveShortName } from './names.ts';
import type { Proxy } from './proxy.ts';
import { findDestinationHosts } from './routes/destination-hosts.ts';

type Traffic = Pick<MeshView, 'services' | 'virtualServices'>;
type Scope = Traffic & Pick<MeshView, 'settings' | 'egress'>;

/** What a Sidecar leaves of the mesh: the hosts that its egress lists, and those that their VirtualServices lead to. */
export function limitEgress(view: MeshView, proxy: Proxy): Scope {
  const sidecar = findSidecar(proxy, view);
  const listeners = sidecar?.spec.egress ?? [];
  const mode = sidecar?.spec.outboundTrafficPolicy?.mode;
  const settings = mode === undefined ? view.settings : { ...view.settings, outboundTrafficPolicy: mode };
  if (listeners.length === 0) {
    const { services, virtualServices } = view;
    return { services, virtualServices, settings, egress: [{ listener: undefined, services, virtualServices }] };
  }
  const egress = listeners.map((listener) => limitTo(listener, view, proxy));
  const { services, virtualServices } = join(egress, view);
  return { services, virtualServices, settings, egress };
}

function limitTo(listener: EgressListener, view: Traffic, proxy: Proxy): EgressScope {
  const { port } = listener;
  const allows = createFilter(listener.hosts, proxy.namespace);
  const virtualServices = view.virtualServices.filter(({ spec, metadata }) =>
    spec.hosts.some((host) => allows(resolveShortName(host, metadata.namespace), metadata.namespace)),
  );
  const destinations = new Set(virtualServices.flatMap(findDestinationHosts));
  const services = view.services.filter(
    ({ hostname, namespace }) => allows(hostname, namespace) || destinations.has(hostname),
  );
  return { listener: port && { ...listener, port }, services, virtualServices };
}

/** In the order of the mesh. */
function join(egress: readonly EgressScope[], view: Traffic): Traffic {
  const services = new Set(egress.flatMap((scope) => scope.services));
  const virtualServices = new Set(egress.flatMap((scope) => scope.virtualServices));
  return {
    services: view.services.filter((service) => services.has(service)),
    virtualServices: view.virtualServices.filter((virtualService) => virtualServices.has(virtualService)),
  };
}

/** `namespace/host` names: `.` is the workload's own namespace, `*` every one, `~` none. */
function createFilter(names: readonly string[], own: string): (host: string, namespace: string) => boolean {
  const allowed = names.map((name) => {
    const [scope = '', host = ''] = name.split('/');
    return { scope: scope === '.' ? own : scope, host };
  });
  return (host, namespace) =>
    allowed.some(
      ({ scope, host: pattern }) =>
        (scope === '*' || scope === namespace) && intersectHosts([host], [pattern]).length > 0,
    );
}
