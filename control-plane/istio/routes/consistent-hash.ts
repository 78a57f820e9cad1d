import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RouteAction_HashPolicySchema } from '#xds/generated/messages.js';
import type { ConsistentHash, TrafficPolicy } from '../../kube/schemas/destination-rule.ts';
import { findDestinationRule } from '../destination-rules.ts';
import { createDuration, parseDurationMs } from '../durations.ts';
import type { MeshView } from '../mesh-view.ts';
import type { Proxy } from '../proxy.ts';

export interface HashScope {
  readonly proxy: Proxy;
  readonly view: MeshView;
}

/** Where requests go, as far as their DestinationRule tells destinations apart. */
export interface HashedDestination {
  readonly hostname: string;
  readonly subset?: string | undefined;
  /** Undefined where a destination names none: settings of ports then don't count. */
  readonly port: number | undefined;
}

/**
 * What of a request decides which endpoint it goes to, if anything does: by the subset's settings for the port, the subset,
 * the rule's settings for the port, the rule (istio `route/route.go`).
 */
export function findConsistentHash(
  { hostname, subset, port }: HashedDestination,
  { proxy, view }: HashScope,
): ConsistentHash | undefined {
  const service = view.findService(hostname);
  const rule = service && findDestinationRule(service, { proxy, view });
  const ofSubset = rule?.subsets.find(({ name }) => name === subset)?.trafficPolicy;
  return (
    hashOfPort(ofSubset, port) ??
    hashOf(ofSubset) ??
    hashOfPort(rule?.trafficPolicy, port) ??
    hashOf(rule?.trafficPolicy)
  );
}

/** The same in Envoy's form; none for settings that say only how hosts are placed. */
export function translateConsistentHash(hash: ConsistentHash): MessageInitShape<typeof RouteAction_HashPolicySchema>[] {
  const { httpHeaderName: headerName, httpCookie, httpQueryParameterName: name, useSourceIp: sourceIp } = hash;
  if (headerName !== undefined) return [{ policySpecifier: { case: 'header', value: { headerName } } }];
  if (name !== undefined) return [{ policySpecifier: { case: 'queryParameter', value: { name } } }];
  if (sourceIp !== undefined) return [{ policySpecifier: { case: 'connectionProperties', value: { sourceIp } } }];
  if (httpCookie === undefined) return [];
  const { ttl, path = '', attributes = [] } = httpCookie;
  const value = {
    name: httpCookie.name,
    path,
    ...(ttl !== undefined && { ttl: createDuration(parseDurationMs(ttl)) }),
    attributes: attributes.map((attribute) => ({ name: attribute.name, value: attribute.value ?? '' })),
  };
  return [{ policySpecifier: { case: 'cookie', value } }];
}

function hashOf(policy: TrafficPolicy | undefined): ConsistentHash | undefined {
  return policy?.loadBalancer?.consistentHash;
}

function hashOfPort(policy: TrafficPolicy | undefined, port: number | undefined): ConsistentHash | undefined {
  return policy?.portLevelSettings?.find((settings) => settings.port.number === port)?.loadBalancer?.consistentHash;
}
