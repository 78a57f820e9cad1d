import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { RouteSchema, type Route } from '#xds/generated/messages.js';
import type { KubeObject } from '../../kube/kinds.ts';
import type { HttpMatch, HttpRoute } from '../../kube/schemas/virtual-service.ts';
import { FAULT_FILTER } from '../listeners/http-filters.ts';
import { parseClusterName } from '../names.ts';
import { translateFault } from './fault.ts';
import { translateHeaderOperations } from './header-operations.ts';
import { translateDirectResponse, translateRedirect } from './redirect.ts';
import { loneDestination, translateRouteAction } from './route-action.ts';
import { translateMatch, type RouteMatchInit } from './route-match.ts';
import { isReachable, type RoutePlace } from './route-place.ts';

type RouteInit = Exclude<MessageInitShape<typeof RouteSchema>, Route>;

/**
 * The routes of a VirtualService in one place, in source order. A condition that the place can never fulfil (other gateway,
 * port, or workload) gives no route; after one that everything fulfils there are no more (istio `route/route.go`).
 */
export function translateVirtualService(
  virtualService: KubeObject<'VirtualService'>,
  place: RoutePlace,
): readonly Route[] {
  const routes: Route[] = [];
  for (const http of virtualService.spec.http ?? []) {
    const matches = http.match === undefined || http.match.length === 0 ? [undefined] : http.match;
    for (const match of matches) {
      if (!isReachable(match, virtualService.metadata.namespace, place)) continue;
      const route = create(RouteSchema, translateRoute(http, match, { virtualService, place }));
      routes.push(route);
      if (isCatchAll(route)) return routes;
    }
  }
  return routes;
}

/** Catch-all routes go behind all others, so that merged VirtualServices don't hide each other. */
export function sortRoutes(routes: readonly Route[]): Route[] {
  return [...routes.filter((route) => !isCatchAll(route)), ...routes.filter(isCatchAll)];
}

interface RouteOrigin {
  readonly virtualService: KubeObject<'VirtualService'>;
  readonly place: RoutePlace;
}

function translateRoute(
  http: HttpRoute,
  match: HttpMatch | undefined,
  { virtualService, place }: RouteOrigin,
): RouteInit {
  const { metadata } = virtualService;
  const routeMatch = translateMatch(match);
  const action = translateAction(http, { virtualService, place });
  return {
    name: [http.name, match?.name].filter(Boolean).join('.'),
    match: routeMatch,
    action,
    metadata: { filterMetadata: { istio: { config: configPath(virtualService) } } },
    decorator: { operation: describeRoute(routeMatch, action, { name: metadata.name, port: place.listenPort }) },
    ...translateRouteHeaders(http),
    ...(match?.statPrefix !== undefined && { statPrefix: match.statPrefix }),
    ...(http.fault && { typedPerFilterConfig: { [FAULT_FILTER]: translateFault(http.fault) } }),
  };
}

function translateAction(http: HttpRoute, { virtualService, place }: RouteOrigin): NonNullable<RouteInit['action']> {
  if (http.redirect !== undefined) {
    return { case: 'redirect', value: translateRedirect(http.redirect, place) };
  }
  if (http.directResponse !== undefined) {
    return { case: 'directResponse', value: translateDirectResponse(http.directResponse) };
  }
  const { namespace } = virtualService.metadata;
  const { proxy, view, listenPort } = place;
  return { case: 'route', value: translateRouteAction(http, { proxy, view, namespace, listenPort }) };
}

type HeaderFields = Pick<
  RouteInit,
  'requestHeadersToAdd' | 'requestHeadersToRemove' | 'responseHeadersToAdd' | 'responseHeadersToRemove'
>;

/** The route's own operations, then those of its only destination. */
function translateRouteHeaders(http: HttpRoute): HeaderFields {
  const ofRoute = translateHeaderOperations(http.headers);
  const ofDestination = translateHeaderOperations(loneDestination(http)?.headers);
  return {
    requestHeadersToAdd: [...ofRoute.requestHeadersToAdd, ...ofDestination.requestHeadersToAdd],
    requestHeadersToRemove: [...ofRoute.requestHeadersToRemove, ...ofDestination.requestHeadersToRemove],
    responseHeadersToAdd: [...ofRoute.responseHeadersToAdd, ...ofDestination.responseHeadersToAdd],
    responseHeadersToRemove: [...ofRoute.responseHeadersToRemove, ...ofDestination.responseHeadersToRemove],
  };
}

/** istiod reads every version as v1alpha3. */
function configPath({ metadata }: KubeObject<'VirtualService'>): string {
  return `/apis/networking.istio.io/v1alpha3/namespaces/${metadata.namespace}/virtual-service/${metadata.name}`;
}

/** `<host>:<port><path>` of the only destination, else `<VirtualService>:<port><path>`. */
function describeRoute(
  match: RouteMatchInit,
  action: NonNullable<RouteInit['action']>,
  fallback: { readonly name: string; readonly port: number },
): string {
  const path = describePath(match);
  const cluster = action.case === 'route' ? action.value.clusterSpecifier : undefined;
  const parts = cluster?.case === 'cluster' ? parseClusterName(cluster.value) : undefined;
  return parts === undefined ? `${fallback.name}:${fallback.port}${path}` : `${parts.host}:${parts.port}${path}`;
}

function describePath({ pathSpecifier }: RouteMatchInit): string {
  switch (pathSpecifier?.case) {
    case 'prefix':
      return `${pathSpecifier.value}*`;
    case 'path':
      return pathSpecifier.value;
    case 'safeRegex':
      return pathSpecifier.value.regex ?? '';
    default:
      return '/*';
  }
}

function isCatchAll({ match }: Route): boolean {
  if (match === undefined || match.headers.length > 0 || match.queryParameters.length > 0) return false;
  const { pathSpecifier } = match;
  if (pathSpecifier.case === 'prefix') return pathSpecifier.value === '/';
  return pathSpecifier.case === 'safeRegex' && pathSpecifier.value.regex === '*';
}
