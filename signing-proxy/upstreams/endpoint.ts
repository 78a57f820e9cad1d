import type { JsonObject } from '@bufbuild/protobuf';
import { formatAddress, type Address } from '#core/address.ts';
import {
  HealthStatus,
  type Address as ConfigAddress,
  type ClusterLoadAssignment,
  type LbEndpoint,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';

/** One place a cluster can send to. */
export interface Endpoint {
  /** A name instead of an IP address only before it is resolved. */
  readonly address: Address;
  /** What `auto_host_rewrite` puts into `:authority`: the name configured or resolved; empty for none. */
  readonly hostname: string;
  /** At least 1. */
  readonly weight: number;
  /** Region, zone and sub-zone, and the share of its priority's requests that goes there. */
  readonly locality: { readonly name: string; readonly weight: number };
  /** 0 is used first. */
  readonly priority: number;
  readonly isHealthy: boolean;
  /** Metadata `envoy.transport_socket_match`: Istio's `tlsMode`. */
  readonly transportMatch: JsonObject;
}

/** Envoy's default, in percent: a priority or locality counts as whole while 100/140 of it is healthy. */
const OVERPROVISIONING_FACTOR = 140;
const TRANSPORT_MATCH = 'envoy.transport_socket_match';
const HEALTHY = new Set([HealthStatus.UNKNOWN, HealthStatus.HEALTHY, HealthStatus.DEGRADED]);

/** @throws ConfigError for an endpoint without an address and a port number */
export function compileLoadAssignment(assignment: ClusterLoadAssignment): Endpoint[] {
  if ((assignment.policy?.overprovisioningFactor ?? OVERPROVISIONING_FACTOR) !== OVERPROVISIONING_FACTOR)
    throw new ConfigError('Policy: overprovisioning_factor is not supported');
  return assignment.endpoints.flatMap(({ lbEndpoints, priority, locality, loadBalancingWeight }) => {
    const name = [locality?.region ?? '', locality?.zone ?? '', locality?.subZone ?? ''].join('/');
    const place = { priority, locality: { name, weight: loadBalancingWeight ?? 0 } };
    return lbEndpoints.map((endpoint) => compileEndpoint(endpoint, place));
  });
}

/** Endpoints with the same key share connections. */
export function endpointKey({ address, transportMatch }: Endpoint): string {
  return `${formatAddress(address)} ${JSON.stringify(transportMatch)}`;
}

function compileEndpoint(endpoint: LbEndpoint, place: Pick<Endpoint, 'priority' | 'locality'>): Endpoint {
  const { hostIdentifier, metadata, healthStatus, loadBalancingWeight } = endpoint;
  if (hostIdentifier.case !== 'endpoint')
    throw new ConfigError(`named endpoints are not supported: ${hostIdentifier.value ?? ''}`);
  return {
    address: compileAddress(hostIdentifier.value.address),
    hostname: hostIdentifier.value.hostname,
    weight: loadBalancingWeight ?? 1,
    ...place,
    isHealthy: HEALTHY.has(healthStatus),
    transportMatch: metadata?.filterMetadata[TRANSPORT_MATCH] ?? {},
  };
}

function compileAddress(config: ConfigAddress | undefined): Address {
  const address = config?.address;
  if (address?.case !== 'socketAddress')
    throw new ConfigError(`endpoint address is not a socket address: ${address?.case ?? 'none'}`);
  const { address: host, portSpecifier } = address.value;
  if (portSpecifier.case !== 'portValue') throw new ConfigError(`endpoint "${host}" has no port number`);
  return { host, port: portSpecifier.value };
}
