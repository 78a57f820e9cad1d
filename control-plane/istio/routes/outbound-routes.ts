import { create } from '@bufbuild/protobuf';
import {
  RouteConfigurationSchema,
  VirtualHostSchema,
  type RouteConfiguration,
  type VirtualHost,
} from '#xds/generated/messages.js';
import { findEgress, viewThrough } from '../egress-view.ts';
import type { MeshView } from '../mesh-view.ts';
import { domainName, PASSTHROUGH_CLUSTER } from '../names.ts';
import type { Proxy } from '../proxy.ts';
import { createOutboundHosts, ignoresPort } from './outbound-hosts.ts';
import { createTimeouts } from './route-action.ts';

const MAX_DIRECT_RESPONSE_BYTES = 1_048_576;

/**
 * The table for what a sidecar's workload calls on one port, by its name: `80` for all HTTP Services of a port, or
 * `host:port` for the one Service of a port that names no protocol (istio `httproute.go`).
 */
export function createOutboundRoutes(name: string, proxy: Proxy, view: MeshView): RouteConfiguration {
  const [first = '', second] = name.split(':');
  const port = Number(second ?? first);
  const egress = findEgress(port, view);
  const hosts = egress === undefined ? [] : createOutboundHosts(port, proxy, viewThrough(egress, view));
  return create(RouteConfigurationSchema, {
    name,
    virtualHosts: second === undefined ? [...hosts, createCatchAll(view)] : onlyHost(hosts, domainName(first, port)),
    validateClusters: false,
    maxDirectResponseBodySizeBytes: MAX_DIRECT_RESPONSE_BYTES,
    ignorePortInHostMatching: ignoresPort(proxy),
  });
}

/** A listener on a Service's own address needs no Host to know which Service is meant. */
function onlyHost(hosts: readonly VirtualHost[], name: string): VirtualHost[] {
  const found = hosts.filter((host) => host.name === name);
  for (const host of found) host.domains = ['*'];
  return found;
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
              value: {
                clusterSpecifier: { case: 'cluster', value: PASSTHROUGH_CLUSTER },
                ...createTimeouts(settings.istioVersion),
              },
            }
          : { case: 'directResponse', value: { status: 502 } },
      },
    ],
    includeRequestAttemptCount: true,
  });
}
