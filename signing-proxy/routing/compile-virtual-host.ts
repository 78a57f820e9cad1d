import { VirtualHost_TlsRequirementType, type RouteConfiguration, type VirtualHost } from '#xds/generated/messages.js';
import type { ProxyContext } from '../context.ts';
import type { HeaderMap } from '../http/header-map.ts';
import { compileRoute, type RouteEntry, type RouteParents } from './compile-route.ts';
import { createLocation } from './redirect.ts';
import type { MatchInput } from './route-matcher.ts';
import { createRouteFinder } from './route-index.ts';
import { compileRouteLevel, inheritLevels, type MergedLevels } from './route-level.ts';
import type { CompiledRoute } from './types.ts';

export interface CompiledVirtualHost {
  readonly name: string;
  readonly domains: readonly string[];
  match(input: MatchInput): CompiledRoute | undefined;
}

export interface CompiledTable {
  readonly config: RouteConfiguration;
  readonly levels: MergedLevels;
  /** Takes the names of clusters that routes name. */
  readonly clusterNames: Set<string>;
  /** Takes the names of clusters that routes send copies to. */
  readonly mirrorNames: Set<string>;
}

/** Compiles one virtual host with all its routes. @throws ConfigError */
export function compileVirtualHost(
  virtualHost: VirtualHost,
  table: CompiledTable,
  context: ProxyContext,
): CompiledVirtualHost {
  const find = createRouteFinder(compileRoutes(virtualHost, table, context));
  const needsTls = compileTlsRequirement(virtualHost.requireTls);
  const toHttps = createHttpsRoute(virtualHost.name);
  return {
    name: virtualHost.name,
    domains: virtualHost.domains,
    match(input) {
      if (needsTls(input.headers)) return toHttps;
      return find(input)?.select(input);
    },
  };
}

// Apart from the function above, whose closures outlive it and would keep what it knows, the whole message with it.
function compileRoutes(virtualHost: VirtualHost, table: CompiledTable, context: ProxyContext): RouteEntry[] {
  const level = compileRouteLevel(virtualHost, context, virtualHost.cors);
  const parents: RouteParents = {
    virtualHost,
    table: table.config,
    levels: inheritLevels(level, table.levels, table.config.mostSpecificHeaderMutationsWins),
    includesAttemptCount: {
      inRequest: virtualHost.includeRequestAttemptCount,
      inResponse: virtualHost.includeAttemptCountInResponse,
    },
    clusterNames: table.clusterNames,
    mirrorNames: table.mirrorNames,
    context,
  };
  return virtualHost.routes.map((route) => compileRoute(route, parents));
}

function compileTlsRequirement(requirement: VirtualHost_TlsRequirementType): (headers: HeaderMap) => boolean {
  switch (requirement) {
    case VirtualHost_TlsRequirementType.NONE:
      return () => false;
    case VirtualHost_TlsRequirementType.ALL:
      return isPlain;
    case VirtualHost_TlsRequirementType.EXTERNAL_ONLY:
      return (headers) => isPlain(headers) && headers.get('x-envoy-internal') !== 'true';
  }
}

function isPlain(headers: HeaderMap): boolean {
  return headers.get('x-forwarded-proto') !== 'https';
}

function createHttpsRoute(virtualHost: string): CompiledRoute {
  return {
    name: '',
    virtualHost,
    action: {
      kind: 'redirect',
      status: 301,
      createLocation: (headers) => createLocation(headers, { scheme: 'https' }),
    },
    filterConfigs: new Map(),
    requestMutations: [],
    responseMutations: [],
    includesAttemptCount: { inRequest: false, inResponse: false },
    bufferLimitBytes: undefined,
  };
}
