import { create } from '@bufbuild/protobuf';
import { RouteSchema, VirtualHostSchema, type Route, type VirtualHost } from '#xds/generated/messages.js';
import { isSubsetOf } from '../hosts.ts';
import type { MeshService } from '../mesh-service.ts';
import type { MeshView } from '../mesh-view.ts';
import { domainName, outboundClusterName, resolveShortName } from '../names.ts';
import { mayBeHttp } from '../port-protocol.ts';
import type { Proxy } from '../proxy.ts';
import { isAtLeast } from '../version.ts';
import { findVirtualServices } from './bound-virtual-services.ts';
import { findConsistentHash, translateConsistentHash, type HashScope } from './consistent-hash.ts';
import { translateRetries } from './retry-policy.ts';
import { createTimeouts } from './route-action.ts';
import { translateVirtualService } from './virtual-service-routes.ts';

interface OutboundHost {
  readonly host: string;
  readonly service: MeshService | undefined;
  readonly routes: readonly Route[];
}

/**
 * The hosts that a sidecar's workload can call on a port: those of VirtualServices first, then Services without one, which
 * have a default route. A name that two hosts could have belongs to the first.
 */
export function createOutboundHosts(port: number, proxy: Proxy, view: MeshView): VirtualHost[] {
  const services = view.services.filter(({ ports }) =>
    ports.some(({ number, protocol }) => number === port && mayBeHttp(protocol)),
  );
  const routed = findRoutedHosts({ port, proxy, view, services });
  const withRoutes = new Set(routed.map(({ host }) => host));
  const others = services
    .filter(({ hostname }) => !withRoutes.has(hostname))
    .map((service) => ({
      host: service.hostname,
      service,
      routes: [createDefaultRoute(service, port, { proxy, view })],
    }));
  const taken = new Set<string>();
  const virtualHosts = [...routed, ...others].flatMap(({ host, service, routes }) => {
    const domains = createDomains(host, service, { port, proxy }).filter((domain) => !taken.has(domain));
    for (const domain of domains) taken.add(domain);
    return domains.length === 0 ? [] : [createVirtualHost(domainName(host, port), domains, routes)];
  });
  return virtualHosts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** From 1.15 on a port in Host is left out of the comparison. */
export function ignoresPort({ istioVersion }: Proxy): boolean {
  return isAtLeast(istioVersion, '1.15');
}

interface OutboundPlace {
  readonly port: number;
  readonly proxy: Proxy;
  readonly view: MeshView;
  readonly services: readonly MeshService[];
}

/**
 * The hosts that VirtualServices of the mesh name, each for the oldest one that does. On port 80 a host need not be a
 * Service; on other ports it must, since nothing else is listened for there.
 */
function findRoutedHosts({ port, proxy, view, services }: OutboundPlace): OutboundHost[] {
  const byHost = new Map<string, OutboundHost>();
  for (const virtualService of findVirtualServices('mesh', proxy, view)) {
    const routes = translateVirtualService(virtualService, { proxy, view, listenPort: port, gateway: 'mesh' });
    const { namespace } = virtualService.metadata;
    const hosts = virtualService.spec.hosts
      .map((host) => resolveShortName(host, namespace))
      .flatMap((host) => expandHost(host, services, port === 80));
    if (routes.length === 0) continue;
    for (const { host, service } of hosts) if (!byHost.has(host)) byHost.set(host, { host, service, routes });
  }
  return [...byHost.values()];
}

/** The Services that a host, maybe a wildcard, stands for; or the host itself, where that is allowed. */
function expandHost(
  host: string,
  services: readonly MeshService[],
  mayBeForeign: boolean,
): Omit<OutboundHost, 'routes'>[] {
  const meant = services.filter(({ hostname }) => isSubsetOf(hostname, host));
  if (meant.length === 0 && mayBeForeign) return [{ host, service: undefined }];
  return meant.map((service) => ({ host: service.hostname, service }));
}

function createDefaultRoute({ hostname }: MeshService, port: number, { proxy, view }: HashScope): Route {
  const hash = findConsistentHash({ hostname, port }, { proxy, view });
  const { istioVersion, defaultRetries: meshRetries } = view.settings;
  const retryPolicy = translateRetries(undefined, { istioVersion, meshRetries, isHashed: hash !== undefined });
  return create(RouteSchema, {
    name: 'default',
    match: { pathSpecifier: { case: 'prefix', value: '/' } },
    decorator: { operation: `${hostname}:${port}/*` },
    action: {
      case: 'route',
      value: {
        clusterSpecifier: { case: 'cluster', value: outboundClusterName(port, '', hostname) },
        ...createTimeouts(istioVersion),
        ...(retryPolicy && { retryPolicy }),
        ...(hash && { hashPolicy: translateConsistentHash(hash) }),
      },
    },
  });
}

function createVirtualHost(name: string, domains: string[], routes: readonly Route[]): VirtualHost {
  return create(VirtualHostSchema, { name, domains, routes: [...routes], includeRequestAttemptCount: true });
}

/** Every way to write a Service's name from the caller's namespace, and its address; each with the port before 1.15. */
function createDomains(
  host: string,
  service: MeshService | undefined,
  { port, proxy }: { readonly port: number; readonly proxy: Proxy },
): string[] {
  const names = service === undefined ? [host] : serviceNames(service, proxy.namespace);
  return ignoresPort(proxy) ? names : names.flatMap((name) => [name, domainName(name, port)]);
}

function serviceNames(service: MeshService, from: string): string[] {
  const { name, namespace, hostname, registry, address } = service;
  const withNamespace = `${name}.${namespace}`;
  const short = namespace === from ? [name] : [];
  const others = registry === 'kubernetes' ? [...short, `${withNamespace}.svc`, withNamespace] : [];
  return address === undefined ? [hostname, ...others] : [hostname, ...others, address];
}
