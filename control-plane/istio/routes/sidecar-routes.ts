import { create } from '@bufbuild/protobuf';
import {
  RouteConfigurationSchema,
  RouteSchema,
  VirtualHostSchema,
  type Route,
  type RouteConfiguration,
  type VirtualHost,
} from '#xds/generated/messages.js';
import { createDuration } from '../durations.ts';
import { isSubsetOf } from '../hosts.ts';
import type { MeshPort, MeshService, ServiceTarget } from '../mesh-service.ts';
import type { MeshView } from '../mesh-view.ts';
import {
  domainName,
  INBOUND_PASSTHROUGH_CLUSTER,
  inboundClusterName,
  outboundClusterName,
  PASSTHROUGH_CLUSTER,
  resolveShortName,
} from '../names.ts';
import { mayBeHttp } from '../port-protocol.ts';
import type { Proxy } from '../proxy.ts';
import { isAtLeast } from '../version.ts';
import { createTimeouts } from './route-action.ts';
import { translateRetries } from './retry-policy.ts';
import { gatewaysOf, translateVirtualService } from './virtual-service-routes.ts';

const DEFAULT_ROUTE = 'default';
const MAX_DIRECT_RESPONSE_BYTES = 1_048_576;

/** The route table inside a sidecar's inbound connection manager; undefined stands for ports that no Service names. */
export function createInboundRoutes(target: ServiceTarget | undefined): RouteConfiguration {
  const cluster = target === undefined ? INBOUND_PASSTHROUGH_CLUSTER : inboundClusterName(target.targetPort);
  const port = target?.port.number ?? 0;
  const noLimit = createDuration(0);
  const route = create(RouteSchema, {
    name: DEFAULT_ROUTE,
    match: { pathSpecifier: { case: 'prefix', value: '/' } },
    decorator: { operation: `${target?.service.hostname ?? ''}:${port}/*` },
    action: {
      case: 'route',
      value: {
        clusterSpecifier: { case: 'cluster', value: cluster },
        timeout: noLimit,
        maxStreamDuration: { maxStreamDuration: noLimit, grpcTimeoutHeaderMax: noLimit },
      },
    },
  });
  return create(RouteConfigurationSchema, {
    name: cluster,
    virtualHosts: [{ name: `inbound|http|${port}`, domains: ['*'], routes: [route] }],
    validateClusters: false,
  });
}

export interface SidecarPlace {
  readonly proxy: Proxy;
  readonly view: MeshView;
}

/**
 * The table for what a sidecar's workload calls on one port, by its name: `80` for all HTTP Services of a port, or
 * `host:port` for the one Service of a port that names no protocol (istio `httproute.go`).
 */
export function createOutboundRoutes(name: string, place: SidecarPlace): RouteConfiguration {
  const [first = '', second] = name.split(':');
  const port = Number(second ?? first);
  const host = second === undefined ? undefined : first;
  const virtualHosts = createVirtualHosts(port, place);
  const ofService = virtualHosts.filter((virtualHost) => virtualHost.name === domainName(host ?? '', port));
  for (const virtualHost of ofService) virtualHost.domains = ['*'];
  return create(RouteConfigurationSchema, {
    name,
    virtualHosts: host === undefined ? [...virtualHosts, createCatchAll(place.view)] : ofService,
    validateClusters: false,
    maxDirectResponseBodySizeBytes: MAX_DIRECT_RESPONSE_BYTES,
    ignorePortInHostMatching: ignoresPort(place.proxy),
  });
}

/** VirtualServices of the mesh first; a Service that one of them names has no default route. */
function createVirtualHosts(port: number, place: SidecarPlace): VirtualHost[] {
  const services = new Map<string, { readonly service: MeshService; readonly port: MeshPort }>();
  for (const service of place.view.services) {
    const found = service.ports.find(({ number, protocol }) => number === port && mayBeHttp(protocol));
    if (found !== undefined) services.set(service.hostname, { service, port: found });
  }
  const taken = new Set<string>();
  const ofVirtualServices = findRoutedHosts(port, [...services.keys()], place).flatMap(({ host, routes }) => {
    const domains = createDomains(host, services.get(host)?.service, { port, place }).filter(
      (domain) => !taken.has(domain),
    );
    for (const domain of domains) taken.add(domain);
    services.delete(host);
    return domains.length === 0 ? [] : [createVirtualHost(host, { port, domains, routes })];
  });
  const ofServices = [...services.values()].map(({ service }) => {
    const domains = createDomains(service.hostname, service, { port, place }).filter((domain) => !taken.has(domain));
    return createVirtualHost(service.hostname, {
      port,
      domains,
      routes: [createServiceRoute(service, port, place.view)],
    });
  });
  return [...ofVirtualServices, ...ofServices].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

interface RoutedHost {
  readonly host: string;
  readonly routes: readonly Route[];
}

/**
 * The hosts that VirtualServices name, each for the oldest one that does. On port 80 a host need not be a Service; on
 * other ports it does, since nothing else listens there.
 */
function findRoutedHosts(port: number, hostnames: readonly string[], { proxy, view }: SidecarPlace): RoutedHost[] {
  const byHost = new Map<string, RoutedHost>();
  for (const virtualService of view.virtualServices) {
    if (!gatewaysOf(virtualService).includes('mesh')) continue;
    const place = { proxy, view, listenPort: port, gateway: 'mesh' };
    const routes = translateVirtualService(virtualService, place);
    if (routes.length === 0) continue;
    const named = virtualService.spec.hosts.map((host) => resolveShortName(host, virtualService.metadata.namespace));
    const hosts = named.flatMap((host) => {
      const known = hostnames.filter((hostname) => isSubsetOf(hostname, host));
      return known.length > 0 || port !== 80 ? known : [host];
    });
    for (const host of hosts) if (!byHost.has(host)) byHost.set(host, { host, routes });
  }
  return [...byHost.values()];
}

function createServiceRoute({ hostname }: MeshService, port: number, view: MeshView): Route {
  const retryPolicy = translateRetries(undefined, view.settings.istioVersion);
  return create(RouteSchema, {
    name: DEFAULT_ROUTE,
    match: { pathSpecifier: { case: 'prefix', value: '/' } },
    decorator: { operation: `${hostname}:${port}/*` },
    action: {
      case: 'route',
      value: {
        clusterSpecifier: { case: 'cluster', value: outboundClusterName(port, '', hostname) },
        ...createTimeouts(),
        ...(retryPolicy && { retryPolicy }),
      },
    },
  });
}

function createVirtualHost(
  host: string,
  { port, domains, routes }: { readonly port: number; readonly domains: string[]; readonly routes: readonly Route[] },
): VirtualHost {
  return create(VirtualHostSchema, {
    name: domainName(host, port),
    domains,
    routes: [...routes],
    includeRequestAttemptCount: true,
  });
}

/** Every way to write a Service's name from the caller's namespace, and its address; each with the port before 1.15. */
function createDomains(
  host: string,
  service: MeshService | undefined,
  { port, place }: { readonly port: number; readonly place: SidecarPlace },
): string[] {
  const names = service === undefined ? [host] : serviceNames(service, place.proxy.namespace);
  return ignoresPort(place.proxy) ? names : names.flatMap((name) => [name, domainName(name, port)]);
}

function serviceNames({ name, namespace, hostname, address }: MeshService, from: string): string[] {
  const withNamespace = `${name}.${namespace}`;
  const short = namespace === from ? [name] : [];
  const names = [hostname, ...short, `${withNamespace}.svc`, withNamespace];
  return address === undefined ? names : [...names, address];
}

/** What no Service answers for: passed on to where it was going, or refused. */
function createCatchAll({ settings }: MeshView): VirtualHost {
  const allowsAny = settings.outboundTrafficPolicy === 'ALLOW_ANY';
  const name = allowsAny ? 'allow_any' : 'block_all';
  return create(VirtualHostSchema, {
    name,
    domains: ['*'],
    routes: [
      {
        name,
        match: { pathSpecifier: { case: 'prefix', value: '/' } },
        action: allowsAny
          ? {
              case: 'route',
              value: { clusterSpecifier: { case: 'cluster', value: PASSTHROUGH_CLUSTER }, ...createTimeouts() },
            }
          : { case: 'directResponse', value: { status: 502 } },
      },
    ],
    includeRequestAttemptCount: true,
  });
}

function ignoresPort({ istioVersion }: Proxy): boolean {
  return isAtLeast(istioVersion, '1.15');
}
