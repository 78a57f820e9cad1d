import {
  RouteAction_ClusterNotFoundResponseCode,
  type RouteAction as RouteActionConfig,
  type RouteConfiguration,
  type VirtualHost,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { toMilliseconds } from './duration-ms.ts';
import { compileHashPolicies } from './hash-policy.ts';
import { compileMirrorPolicy, type MirrorPolicy } from './mirror-policy.ts';
import { compilePrefixRewrite, compileRegexRewrite, removeQuery, type PathRewrite } from './path-rewrite.ts';
import { compileSearch, translateSubstitution } from './regex.ts';
import { compileRetryPolicy, NO_RETRIES } from './retry-policy.ts';
import type { ForwardAction, GrpcTimeout, HostRewrite } from './types.ts';

/** gateways.md 4.1: Istio writes 0 on the routes it makes itself; one added by an EnvoyFilter has this. */
const DEFAULT_TIMEOUT_MS = 15_000;

/** What an action falls back to. */
interface ActionParents {
  readonly virtualHost: VirtualHost;
  readonly table: RouteConfiguration;
}

/** Compiles what a route does with a request that it passes on. @throws ConfigError */
export function compileForwardAction(
  config: RouteActionConfig,
  { virtualHost, table }: ActionParents,
  matchedPath: string | undefined,
): ForwardAction {
  const retryPolicy = config.retryPolicy ?? virtualHost.retryPolicy;
  return {
    kind: 'forward',
    clusterName: config.clusterSpecifier.case === 'cluster' ? config.clusterSpecifier.value : '',
    clusterNotFoundStatus: NOT_FOUND_STATUSES[config.clusterNotFoundResponseCode],
    timeoutMs: compileTimeout(config),
    grpcTimeout: compileGrpcTimeout(config),
    idleTimeoutMs: toMilliseconds(config.idleTimeout),
    retryPolicy: retryPolicy === undefined ? NO_RETRIES : compileRetryPolicy(retryPolicy),
    rewritePath: compilePathRewrite(config, matchedPath),
    hostRewrite: compileHostRewrite(config),
    appendsForwardedHost: config.appendXForwardedHost,
    hash: compileHashPolicies(config.hashPolicy),
    mirrors: compileMirrors([config, virtualHost, table]),
  };
}

/** The most specific level that has some. Most routes have none, and share one list. */
function compileMirrors(levels: readonly Pick<VirtualHost, 'requestMirrorPolicies'>[]): readonly MirrorPolicy[] {
  const level = levels.find(({ requestMirrorPolicies }) => requestMirrorPolicies.length > 0);
  return level === undefined ? NO_MIRRORS : level.requestMirrorPolicies.map(compileMirrorPolicy);
}

const NO_MIRRORS: readonly MirrorPolicy[] = [];

/**
 * Milliseconds; 0 is no limit. A route that has a `max_stream_duration`, be it 0, has no other timeout (Envoy `router.cc`,
 * FilterUtility::finalTimeout).
 */
function compileTimeout({ timeout, maxStreamDuration }: RouteActionConfig): number {
  if (maxStreamDuration === undefined) return toMilliseconds(timeout) ?? DEFAULT_TIMEOUT_MS;
  const limitMs = toMilliseconds(maxStreamDuration.maxStreamDuration) ?? 0;
  if (limitMs > 0) throw new ConfigError('max_stream_duration of a route is not supported, except for 0');
  return 0;
}

/** Istio writes one into every route. It does not count where `max_stream_duration` is set. */
function compileGrpcTimeout(config: RouteActionConfig): GrpcTimeout | undefined {
  const maxMs = toMilliseconds(config.maxGrpcTimeout);
  if (maxMs === undefined || config.maxStreamDuration !== undefined) return undefined;
  return { maxMs, offsetMs: toMilliseconds(config.grpcTimeoutOffset) ?? 0 };
}

const NOT_FOUND_STATUSES: Readonly<Record<RouteAction_ClusterNotFoundResponseCode, 404 | 500 | 503>> = {
  [RouteAction_ClusterNotFoundResponseCode.SERVICE_UNAVAILABLE]: 503,
  [RouteAction_ClusterNotFoundResponseCode.NOT_FOUND]: 404,
  [RouteAction_ClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR]: 500,
};

function compilePathRewrite(
  { prefixRewrite, regexRewrite }: RouteActionConfig,
  matchedPath: string | undefined,
): PathRewrite | undefined {
  if (prefixRewrite !== '') return compilePrefixRewrite(matchedPath, prefixRewrite);
  return regexRewrite === undefined ? undefined : compileRegexRewrite(regexRewrite);
}

function compileHostRewrite({ hostRewriteSpecifier: specifier }: RouteActionConfig): HostRewrite | undefined {
  switch (specifier.case) {
    case 'hostRewriteLiteral':
      return specifier.value === '' ? undefined : { kind: 'from-request', rewrite: () => specifier.value };
    case 'hostRewriteHeader': {
      const name = specifier.value.toLowerCase();
      return { kind: 'from-request', rewrite: (headers) => headers.get(name) };
    }
    case 'hostRewritePathRegex': {
      const regex = compileSearch(specifier.value.pattern);
      const substitution = translateSubstitution(specifier.value.substitution);
      return {
        kind: 'from-request',
        rewrite: (headers) => removeQuery(headers.get(':path') ?? '').replace(regex, substitution),
      };
    }
    case 'autoHostRewrite':
      return specifier.value.value ? { kind: 'auto' } : undefined;
    case undefined:
      return undefined;
  }
}
