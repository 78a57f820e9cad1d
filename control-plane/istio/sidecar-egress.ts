import type { KubeObject } from '../kube/kinds.ts';
import { matchesLabels } from '../kube/labels.ts';
import { intersectHosts } from './hosts.ts';
import type { MeshView } from './mesh-view.ts';
import { resolveShortName } from './names.ts';
import type { Proxy } from './proxy.ts';
import { findDestinationHosts } from './routes/destination-hosts.ts';

type Scope = Pick<MeshView, 'services' | 'virtualServices' | 'settings'>;

/**
 * What a Sidecar leaves of the mesh: the hosts that its egress lists, and those that their VirtualServices lead to. One that
 * selects the workload counts, else the namespace's, else the root namespace's; the oldest of each (istio
 * `pilot/pkg/model/sidecar.go`).
 */
export function limitEgress(view: MeshView, proxy: Proxy): Scope {
  const sidecar = proxy.type === 'sidecar' ? findSidecar(proxy, view) : undefined;
  const egress = sidecar?.spec.egress ?? [];
  const mode = sidecar?.spec.outboundTrafficPolicy?.mode;
  const settings = mode === undefined ? view.settings : { ...view.settings, outboundTrafficPolicy: mode };
  if (egress.length === 0) return { services: view.services, virtualServices: view.virtualServices, settings };
  const allows = createFilter(
    egress.flatMap(({ hosts }) => hosts),
    proxy.namespace,
  );
  const virtualServices = view.virtualServices.filter(({ spec, metadata }) =>
    spec.hosts.some((host) => allows(resolveShortName(host, metadata.namespace), metadata.namespace)),
  );
  const destinations = new Set(virtualServices.flatMap(findDestinationHosts));
  const services = view.services.filter(
    ({ hostname, namespace }) => allows(hostname, namespace) || destinations.has(hostname),
  );
  return { services, virtualServices, settings };
}

function findSidecar(proxy: Proxy, { sidecars, settings }: MeshView): KubeObject<'Sidecar'> | undefined {
  const labelsOf = ({ spec }: KubeObject<'Sidecar'>): Readonly<Record<string, string>> =>
    spec.workloadSelector?.labels ?? {};
  const isForAll = (sidecar: KubeObject<'Sidecar'>): boolean => Object.keys(labelsOf(sidecar)).length === 0;
  const own = sidecars.filter(({ metadata }) => metadata.namespace === proxy.namespace);
  return (
    own.find((sidecar) => !isForAll(sidecar) && matchesLabels(labelsOf(sidecar), proxy.labels)) ??
    own.find(isForAll) ??
    sidecars.find((sidecar) => sidecar.metadata.namespace === settings.rootNamespace && isForAll(sidecar))
  );
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
