import { create } from '@bufbuild/protobuf';
import {
  RouteConfigurationSchema,
  VirtualHostSchema,
  VirtualHost_TlsRequirementType,
  type RouteConfiguration,
  type VirtualHost,
} from '#xds/generated/messages.js';
import type { BoundServer } from '../gateway-servers.ts';
import type { MeshView } from '../mesh-view.ts';
import { domainName } from '../names.ts';
import type { Proxy } from '../proxy.ts';
import { isAtLeast } from '../version.ts';
import { collectGatewayHosts, type HostRoutes } from './gateway-hosts.ts';
import { sortRoutes } from './virtual-service-routes.ts';

/**
 * The route table of a gateway's listener, by its name. A name that no server has (its Gateway is gone, its listener
 * drains) gets an empty table.
 */
export function createGatewayRoutes(
  name: string,
  servers: readonly BoundServer[],
  { proxy, view }: { readonly proxy: Proxy; readonly view: MeshView },
): RouteConfiguration {
  const ofName = servers.filter(({ routeName }) => routeName === name);
  const hosts = collectGatewayHosts(ofName, proxy, view);
  return create(RouteConfigurationSchema, {
    name,
    virtualHosts: ofName.length === 0 ? [] : createVirtualHosts(hosts, ofName, proxy),
    validateClusters: false,
    ignorePortInHostMatching: ofName.length > 0 && ignoresPort(proxy),
  });
}

function createVirtualHosts(
  hosts: readonly HostRoutes[],
  servers: readonly BoundServer[],
  proxy: Proxy,
): VirtualHost[] {
  if (hosts.length === 0) return [createBlackHole(servers[0]?.server.port.number ?? 0)];
  const virtualHosts: { readonly of: HostRoutes; readonly virtualHost: VirtualHost }[] = [];
  for (const host of hosts.toSorted(byName)) {
    const twin = virtualHosts.find(({ of }) => sharesRoutes(of, host));
    const domains = createDomains(host, proxy);
    if (twin === undefined) virtualHosts.push({ of: host, virtualHost: createVirtualHost(host, domains) });
    else twin.virtualHost.domains.push(...domains);
  }
  return virtualHosts.map(({ virtualHost }) => virtualHost).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Without any host every request is answered 404: a virtual host without routes. */
function createBlackHole(port: number): VirtualHost {
  return create(VirtualHostSchema, { name: domainName('blackhole', port), domains: ['*'] });
}

function createVirtualHost({ host, port, lists, redirectsToHttps }: HostRoutes, domains: string[]): VirtualHost {
  const { ALL, NONE } = VirtualHost_TlsRequirementType;
  return create(VirtualHostSchema, {
    name: domainName(host, port),
    domains,
    routes: sortRoutes(lists.flat()),
    includeRequestAttemptCount: true,
    requireTls: redirectsToHttps ? ALL : NONE,
  });
}

/** Before 1.15 a port in Host was part of the name; a wildcard cannot have another one for the port. */
function createDomains({ host, port }: HostRoutes, proxy: Proxy): string[] {
  if (host === '*' || ignoresPort(proxy)) return [host];
  return [host, host.startsWith('*') ? domainName(host, port) : `${host}:*`];
}

function ignoresPort({ istioVersion }: Proxy): boolean {
  return isAtLeast(istioVersion, '1.15');
}

function sharesRoutes(a: HostRoutes, b: HostRoutes): boolean {
  return (
    a.redirectsToHttps === b.redirectsToHttps &&
    a.lists.length === b.lists.length &&
    a.lists.every((list, index) => list === b.lists[index])
  );
}

/** Names before wildcards, then longest first, then by alphabet (istio pkg/config/host, Names.Less). */
function byName({ host: a }: HostRoutes, { host: b }: HostRoutes): number {
  const aIsWild = a.startsWith('*');
  if (aIsWild !== b.startsWith('*')) return aIsWild ? 1 : -1;
  return b.length - a.length || (a < b ? -1 : Number(a > b));
}
