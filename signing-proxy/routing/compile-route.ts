import type {
  Route,
  RouteAction as RouteActionConfig,
  RouteConfiguration,
  VirtualHost,
  WeightedCluster_ClusterWeight,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import { compileDirectResponse } from './direct-response.ts';
import { compileForwardAction } from './forward-action.ts';
import { compileRedirect } from './redirect.ts';
import { compileRouteMatch, type MatchInput, type PathKey, type RoutePredicate } from './route-matcher.ts';
import { compileRouteLevel, mergeRouteLevels, type RouteLevel } from './route-level.ts';
import { compileWeights } from './weighted-clusters.ts';
import type { CompiledRoute, RouteAction } from './types.ts';

export interface RouteEntry {
  readonly matches: RoutePredicate;
  readonly pathKey: PathKey;
  readonly clusterNames: readonly string[];
  /** The route for one request: by weight, or by a header that names the cluster. */
  select(input: MatchInput): CompiledRoute;
}

/** What a route inherits from. */
export interface RouteParents {
  readonly virtualHost: VirtualHost;
  readonly table: RouteConfiguration;
  /** The virtual host's level and the table's, compiled. */
  readonly levels: readonly RouteLevel[];
  readonly context: ProxyContext;
}

/** Compiles one route with what it inherits. @throws ConfigError */
export function compileRoute(route: Route, parents: RouteParents): RouteEntry {
  if (route.match === undefined) throw new ConfigError('Route: match is required');
  const { matches, pathKey, matchedPath } = compileRouteMatch(route.match);
  const cors = route.action.case === 'route' ? route.action.value.cors : undefined;
  const levels = [compileRouteLevel(route, parents.context, cors), ...parents.levels];
  const { virtualHost, table } = parents;
  const base: CompiledRoute = {
    name: route.name,
    virtualHost: virtualHost.name,
    action: compileAction(route, { ...parents, matchedPath }),
    ...mergeRouteLevels(levels, table.mostSpecificHeaderMutationsWins),
    includesAttemptCount: {
      inRequest: virtualHost.includeRequestAttemptCount,
      inResponse: virtualHost.includeAttemptCountInResponse,
    },
    bufferLimitBytes: route.perRequestBufferLimitBytes ?? virtualHost.perRequestBufferLimitBytes,
  };
  if (route.action.case !== 'route') return { matches, pathKey, clusterNames: [], select: () => base };
  return { matches, pathKey, ...compileTarget(route.action.value, base, { ...parents, levels }) };
}

function compileAction(route: Route, parents: RouteParents & { matchedPath: string | undefined }): RouteAction {
  switch (route.action.case) {
    case 'route':
      return compileForwardAction(route.action.value, parents);
    case 'redirect':
      return compileRedirect(route.action.value, parents.matchedPath);
    case 'directResponse':
      return compileDirectResponse(route.action.value, parents.table.maxDirectResponseBodySizeBytes);
    case 'filterAction':
    case 'nonForwardingAction':
    case undefined:
      throw new ConfigError('Route: action is required');
  }
}

function compileTarget(
  action: RouteActionConfig,
  base: CompiledRoute,
  parents: RouteParents,
): Pick<RouteEntry, 'clusterNames' | 'select'> {
  const specifier = action.clusterSpecifier;
  switch (specifier.case) {
    case 'cluster':
      return { clusterNames: [specifier.value], select: () => base };
    case 'clusterHeader': {
      const name = specifier.value.toLowerCase();
      return { clusterNames: [], select: ({ headers }) => withCluster(base, headers.get(name) ?? '') };
    }
    case 'weightedClusters': {
      const { clusters } = specifier.value;
      const choose = compileWeights(
        clusters.map((cluster) => ({ weight: cluster.weight ?? 0, value: compileWeighted(cluster, base, parents) })),
      );
      return { clusterNames: clusters.map(({ name }) => name), select: ({ random }) => choose(random) };
    }
    case 'clusterSpecifierPlugin':
    case 'inlineClusterSpecifierPlugin':
    case undefined:
      throw new ConfigError('RouteAction: cluster_specifier must be cluster, cluster_header or weighted_clusters');
  }
}

function compileWeighted(
  cluster: WeightedCluster_ClusterWeight,
  base: CompiledRoute,
  { context, levels, table }: RouteParents,
): CompiledRoute {
  const route = withCluster(base, cluster.name);
  const ownLevel = compileRouteLevel(cluster, context);
  const merged = { ...route, ...mergeRouteLevels([ownLevel, ...levels], table.mostSpecificHeaderMutationsWins) };
  const host = cluster.hostRewriteSpecifier.value ?? '';
  if (host === '' || route.action.kind !== 'forward') return merged;
  return { ...merged, action: { ...route.action, hostRewrite: { kind: 'from-request', rewrite: () => host } } };
}

function withCluster(base: CompiledRoute, clusterName: string): CompiledRoute {
  return base.action.kind === 'forward' ? { ...base, action: { ...base.action, clusterName } } : base;
}
