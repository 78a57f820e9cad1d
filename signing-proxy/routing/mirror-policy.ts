import type { RouteAction_RequestMirrorPolicy } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { HeaderMap } from '../http/header-map.ts';
import { toRatio } from './route-matcher.ts';

/** Where copies of a route's requests go. */
export interface MirrorPolicy {
  /** The cluster; undefined where the request names it. */
  readonly clusterName: string | undefined;
  /** The cluster of one request; empty for none. */
  readonly findName: (headers: HeaderMap) => string;
  /** The share of requests that are copied, 0 to 1. */
  readonly ratio: number;
  /** Whether the copy's host tells that it is one. */
  readonly marksHost: boolean;
}

/** @throws ConfigError for a policy without a cluster, or with two */
export function compileMirrorPolicy(policy: RouteAction_RequestMirrorPolicy): MirrorPolicy {
  const { cluster, clusterHeader, runtimeFraction, disableShadowHostSuffixAppend } = policy;
  if ((cluster === '') === (clusterHeader === ''))
    throw new ConfigError('request_mirror_policies: one of cluster or cluster_header must be specified');
  const name = clusterHeader.toLowerCase();
  return {
    clusterName: cluster === '' ? undefined : cluster,
    findName: cluster === '' ? (headers) => headers.get(name) ?? '' : () => cluster,
    ratio: runtimeFraction?.defaultValue === undefined ? 1 : toRatio(runtimeFraction.defaultValue),
    marksHost: !disableShadowHostSuffixAppend,
  };
}
