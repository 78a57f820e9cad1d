import { create } from '@bufbuild/protobuf';
import { RouteConfigurationSchema, RouteSchema, type RouteConfiguration } from '#xds/generated/messages.js';
import { createDuration } from '../durations.ts';
import type { ServiceTarget } from '../mesh-service.ts';
import { INBOUND_PASSTHROUGH_CLUSTER, inboundClusterName } from '../names.ts';

/** The route table inside a sidecar's inbound connection manager; undefined stands for ports that no Service names. */
export function createInboundRoutes(target: ServiceTarget | undefined): RouteConfiguration {
  const cluster = target === undefined ? INBOUND_PASSTHROUGH_CLUSTER : inboundClusterName(target.targetPort);
  const port = target?.port.number ?? 0;
  const noLimit = createDuration(0);
  const route = create(RouteSchema, {
    name: 'default',
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
