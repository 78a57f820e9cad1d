import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  RouteAction,
  RouteActionSchema,
  RouteAction_RequestMirrorPolicySchema,
  WeightedCluster_ClusterWeight,
  WeightedCluster_ClusterWeightSchema,
} from '#xds/generated/messages.js';
import type { Destination, HttpRoute, RouteDestination } from '../../kube/schemas/virtual-service.ts';
import { createDuration, parseDurationMs } from '../durations.ts';
import type { MeshView } from '../mesh-view.ts';
import { outboundClusterName, resolveShortName } from '../names.ts';
import type { Proxy } from '../proxy.ts';
import { findConsistentHash, translateConsistentHash } from './consistent-hash.ts';
import { translateCorsPolicy } from './cors-policy.ts';
import { createPercent, createPercentage } from './fault.ts';
import { translateHeaderOperations } from './header-operations.ts';
import { translateRetries } from './retry-policy.ts';

export type RouteActionInit = Exclude<MessageInitShape<typeof RouteActionSchema>, RouteAction>;
type MirrorPolicyInit = MessageInitShape<typeof RouteAction_RequestMirrorPolicySchema>;
type ClusterWeightInit = Exclude<
  MessageInitShape<typeof WeightedCluster_ClusterWeightSchema>,
  WeightedCluster_ClusterWeight
>;

export interface ActionContext {
  readonly view: MeshView;
  /** The VirtualService's, which short host names are of. */
  readonly namespace: string;
  /** Where requests come in: the port of a destination that names none and has several. */
  readonly listenPort: number;
}

const WHOLE = 100;

/** Translates where a route sends its requests, with timeout, retries and rewrites (xds.md 5, item 4). */
export function translateRouteAction(
  route: HttpRoute,
  context: ActionContext & { readonly proxy: Proxy },
): RouteActionInit {
  const { istioVersion, defaultRetries: meshRetries } = context.view.settings;
  const destinations = weighty(route.route ?? []);
  const weights = translateDestinations(destinations, context);
  const hostRewrite =
    route.rewrite?.authority ||
    translateHeaderOperations(route.headers).authority ||
    onlyOf(weights)?.hostRewriteSpecifier?.value;
  const hashes = destinations.flatMap(({ destination }) => findHash(destination, context) ?? []);
  const isHashed = destinations.length === 1 && hashes.length === 1;
  const retryPolicy = translateRetries(route.retries, { istioVersion, meshRetries, isHashed });
  return {
    clusterSpecifier: createClusterSpecifier(weights),
    ...createTimeouts(istioVersion, route.timeout),
    ...(retryPolicy && { retryPolicy }),
    ...(route.rewrite?.uri !== undefined && { prefixRewrite: route.rewrite.uri }),
    ...(route.rewrite?.uriRegexRewrite && {
      regexRewrite: {
        pattern: { regex: route.rewrite.uriRegexRewrite.match },
        substitution: route.rewrite.uriRegexRewrite.rewrite,
      },
    }),
    ...(hostRewrite ? { hostRewriteSpecifier: { case: 'hostRewriteLiteral', value: hostRewrite } } : {}),
    ...(route.corsPolicy && { cors: translateCorsPolicy(route.corsPolicy, istioVersion) }),
    requestMirrorPolicies: translateMirrors(route, context),
    hashPolicy: hashes.flatMap(translateConsistentHash),
  };
}

type Timeouts = Pick<RouteActionInit, 'timeout' | 'maxGrpcTimeout' | 'maxStreamDuration'>;

/**
 * Istio writes a timeout on every route: none means 0, where Envoy alone would take 15 s. Some releases did it in a way that
 * leaves a timeout without effect which an EnvoyFilter merges in later (istio/istio#40320, #42035).
 */
export function createTimeouts(istioVersion: string, timeout?: string): Timeouts {
  const duration = createDuration(timeout === undefined ? 0 : parseDurationMs(timeout));
  if (timeout === undefined && LIMITS_STREAMS.test(istioVersion)) {
    return { timeout: duration, maxStreamDuration: { maxStreamDuration: duration, grpcTimeoutHeaderMax: duration } };
  }
  return { timeout: duration, maxGrpcTimeout: duration };
}

const LIMITS_STREAMS = /^1\.(15\.[0-3]|16\.0)$/;

/** What a lone destination does to headers; with several, each keeps its own. */
export function loneDestination(route: HttpRoute): RouteDestination | undefined {
  return onlyOf(weighty(route.route ?? []));
}

/** Destinations of weight 0 get nothing, but the only one gets everything. */
function weighty(destinations: readonly RouteDestination[]): readonly RouteDestination[] {
  return destinations.length === 1 ? destinations : destinations.filter(({ weight }) => (weight ?? 0) > 0);
}

function findHash(
  { host, subset, port }: Destination,
  { namespace, view, proxy }: ActionContext & { readonly proxy: Proxy },
): ReturnType<typeof findConsistentHash> {
  const hostname = resolveShortName(host, namespace);
  return findConsistentHash({ hostname, subset, port: port?.number }, { proxy, view });
}

function translateDestinations(destinations: readonly RouteDestination[], context: ActionContext): ClusterWeightInit[] {
  return destinations.map(({ destination, weight, headers }) => {
    const { authority, ...operations } = translateHeaderOperations(headers);
    return {
      name: resolveDestination(destination, context),
      weight: weight === undefined || weight === 0 ? WHOLE : weight,
      ...operations,
      ...(authority !== undefined && {
        hostRewriteSpecifier: { case: 'hostRewriteLiteral', value: authority } as const,
      }),
    };
  });
}

function createClusterSpecifier(
  weights: readonly ClusterWeightInit[],
): NonNullable<RouteActionInit['clusterSpecifier']> {
  const only = onlyOf(weights);
  if (only !== undefined) return { case: 'cluster', value: only.name ?? '' };
  const totalWeight = weights.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  return { case: 'weightedClusters', value: { clusters: [...weights], totalWeight } };
}

/** The cluster of a destination. The port may be left out where the Service has one; otherwise it is that on which the request came in. */
export function resolveDestination(
  { host, subset = '', port }: Destination,
  { view, namespace, listenPort }: ActionContext,
): string {
  const hostname = resolveShortName(host, namespace);
  const onlyPort = onlyOf(view.findService(hostname)?.ports ?? []);
  return outboundClusterName(port?.number ?? onlyPort?.number ?? listenPort, subset, hostname);
}

/** Copies go to one destination with a share of the route's own, or to several that each have theirs. */
function translateMirrors({ mirror, mirrors = [], ...shares }: HttpRoute, context: ActionContext): MirrorPolicyInit[] {
  const { mirrorPercentage, mirrorPercent = WHOLE } = shares;
  const ofRoute =
    mirrorPercentage === undefined ? createPercent(mirrorPercent) : createPercentage(mirrorPercentage.value);
  const all = [
    ...(mirror === undefined ? [] : [{ destination: mirror, defaultValue: ofRoute }]),
    ...mirrors.map(({ destination, percentage }) => ({
      destination,
      defaultValue: percentage === undefined ? createPercent(WHOLE) : createPercentage(percentage.value),
    })),
  ];
  return all
    .filter(({ defaultValue }) => defaultValue.numerator > 0)
    .map(({ destination, defaultValue }) => ({
      cluster: resolveDestination(destination, context),
      runtimeFraction: { defaultValue },
      traceSampled: false,
    }));
}

function onlyOf<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined;
}
