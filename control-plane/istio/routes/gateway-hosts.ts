import type { Route } from '#xds/generated/messages.js';
import type { KubeObject } from '../../kube/kinds.ts';
import { kindOf, type BoundServer } from '../gateway-servers.ts';
import { hostsForNamespace, intersectHosts } from '../hosts.ts';
import type { MeshView } from '../mesh-view.ts';
import type { Proxy } from '../proxy.ts';
import { findVirtualServices } from './bound-virtual-services.ts';
import { translateVirtualService } from './virtual-service-routes.ts';

/** A host of a gateway with the routes that VirtualServices give it. */
export interface HostRoutes {
  readonly host: string;
  /** The port of the first server that has the host. */
  readonly port: number;
  /** A list for each VirtualService. The same list under two hosts means that they share those routes. */
  readonly lists: readonly (readonly Route[])[];
  readonly redirectsToHttps: boolean;
}

/** Collects the hosts that servers of one route table offer and VirtualServices name, and those that only redirect. */
export function collectGatewayHosts(servers: readonly BoundServer[], proxy: Proxy, view: MeshView): HostRoutes[] {
  const collector = new HostCollector(proxy, view);
  for (const server of servers) collector.addServer(server);
  return collector.hosts();
}

class HostCollector {
  readonly #proxy: Proxy;
  readonly #view: MeshView;
  readonly #hosts = new Map<string, HostRoutes>();
  readonly #translated = new Map<string, readonly Route[]>();

  constructor(proxy: Proxy, view: MeshView) {
    this.#proxy = proxy;
    this.#view = view;
  }

  hosts(): HostRoutes[] {
    return [...this.#hosts.values()];
  }

  addServer(bound: BoundServer): void {
    for (const virtualService of findVirtualServices(bound.gateway, this.#proxy, this.#view)) {
      this.#addVirtualService(virtualService, bound);
    }
    if (bound.server.tls?.httpsRedirect !== true) return;
    for (const host of bound.server.hosts) this.#note(host.slice(host.indexOf('/') + 1), bound);
  }

  #addVirtualService(virtualService: KubeObject<'VirtualService'>, bound: BoundServer): void {
    const offered = hostsForNamespace(bound.server.hosts, virtualService.metadata.namespace, bound.gatewayNamespace);
    const common = intersectHosts(offered, virtualService.spec.hosts);
    const routes = common.length === 0 ? [] : this.#translate(virtualService, bound);
    if (routes.length === 0) return;
    for (const host of common) this.#note(host, bound, [routes]);
  }

  #translate(virtualService: KubeObject<'VirtualService'>, bound: BoundServer): readonly Route[] {
    const { namespace, name } = virtualService.metadata;
    const { gateway, server } = bound;
    const listenPort = server.port.number;
    const key = `${gateway} ${listenPort} ${namespace}/${name}`;
    const isTls = kindOf(bound) === 'https';
    const place = { proxy: this.#proxy, view: this.#view, listenPort, isTls, gateway };
    const routes = this.#translated.get(key) ?? translateVirtualService(virtualService, place);
    this.#translated.set(key, routes);
    return routes;
  }

  #note(host: string, { server }: BoundServer, lists: readonly (readonly Route[])[] = []): void {
    const known = this.#hosts.get(host);
    this.#hosts.set(host, {
      host,
      port: known?.port ?? server.port.number,
      lists: [...(known?.lists ?? []), ...lists],
      redirectsToHttps: known?.redirectsToHttps === true || server.tls?.httpsRedirect === true,
    });
  }
}
