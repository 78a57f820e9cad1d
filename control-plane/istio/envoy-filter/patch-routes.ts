import { clone } from '@bufbuild/protobuf';
import {
  RouteConfigurationSchema,
  RouteSchema,
  VirtualHostSchema,
  type Route,
  type RouteConfiguration,
  type VirtualHost,
} from '#xds/generated/messages.js';
import { matchesRoute, matchesRouteConfiguration, matchesVirtualHost, type RoutePatching } from './match-route.ts';
import { mergeMessage } from './merge-message.ts';
import { applyInsertion, type ListRules } from './patch-list.ts';
import type { Patch } from './select-patches.ts';

/**
 * Applies every patch that concerns routes to a generated route table, in place. On each level removes and merges come
 * before additions (istio `envoyfilter/rc_patch.go`).
 */
export function patchRouteConfiguration(table: RouteConfiguration, patching: RoutePatching): RouteConfiguration {
  const { context, patches } = patching;
  const isForTable = (patch: Patch): boolean => matchesRouteConfiguration(table, patch, patching);
  for (const patch of patches.of('ROUTE_CONFIGURATION', context).filter(isForTable)) {
    if (patch.operation === 'MERGE') mergeMessage(RouteConfigurationSchema, table, patch.value);
  }
  const ofHosts = patches.of('VIRTUAL_HOST', context).filter(isForTable);
  const ofRoutes = patches.of('HTTP_ROUTE', context).filter(isForTable);
  const hosts = table.virtualHosts.flatMap((host) => patchVirtualHost(host, ofHosts, ofRoutes));
  const added = ofHosts
    .filter(({ operation }) => operation === 'ADD')
    .map(({ value }) => clone(VirtualHostSchema, value));
  table.virtualHosts = [...hosts, ...added];
  return table;
}

/** @returns nothing when the virtual host is removed */
function patchVirtualHost(
  given: VirtualHost,
  patches: readonly Patch<'VIRTUAL_HOST'>[],
  ofRoutes: readonly Patch<'HTTP_ROUTE'>[],
): VirtualHost[] {
  let host = given;
  for (const patch of patches) {
    if (!matchesVirtualHost(host, patch)) continue;
    if (patch.operation === 'REMOVE') return [];
    if (patch.operation === 'MERGE') mergeMessage(VirtualHostSchema, host, patch.value);
    if (patch.operation === 'REPLACE') host = clone(VirtualHostSchema, patch.value);
  }
  host.routes = patchRoutes(
    host.routes,
    ofRoutes.filter((patch) => matchesVirtualHost(host, patch)),
  );
  return [host];
}

const ROUTE_RULES: ListRules<'HTTP_ROUTE'> = {
  isAimed: ({ match }) => match.routeConfiguration?.vhost?.route !== undefined,
  matches: matchesRoute,
  copy: (value) => clone(RouteSchema, value),
};

function patchRoutes(routes: readonly Route[], patches: readonly Patch<'HTTP_ROUTE'>[]): Route[] {
  const kept = routes.filter(
    (route) => !patches.some((patch) => patch.operation === 'REMOVE' && matchesRoute(route, patch)),
  );
  const merged = kept.map((route) => mergeRoute(route, patches));
  for (const patch of patches) if (isInsertable(merged, patch)) applyInsertion(merged, patch, ROUTE_RULES);
  return merged;
}

/** Several virtual hosts may share a route, so a changed one is a copy. */
function mergeRoute(route: Route, patches: readonly Patch<'HTTP_ROUTE'>[]): Route {
  const relevant = patches.filter((patch) => patch.operation === 'MERGE' && matchesRoute(route, patch));
  if (relevant.length === 0) return route;
  const merged = clone(RouteSchema, route);
  for (const { value } of relevant) mergeMessage(RouteSchema, merged, value);
  return merged;
}

/** Routes know no REPLACE, and INSERT_FIRST with a named route is for hosts that have that route. */
function isInsertable(routes: readonly Route[], patch: Patch<'HTTP_ROUTE'>): boolean {
  if (patch.operation === 'REPLACE') return false;
  if (patch.operation !== 'INSERT_FIRST' || !ROUTE_RULES.isAimed(patch)) return true;
  return routes.some((route) => matchesRoute(route, patch));
}
