import type { RouteConfiguration } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import { compileVirtualHost } from './compile-virtual-host.ts';
import { createDomainFinder } from './domain-finder.ts';
import { removeQuery } from './path-rewrite.ts';
import { compileRouteLevel, inheritLevels, NO_LEVELS } from './route-level.ts';
import type { CompiledRouteTable } from './types.ts';

/**
 * Compiles a route table whole, before any of it is used.
 *
 * @throws ConfigError whose message, prefixed with nothing, is the reason to refuse the table
 */
export function compileRouteTable(config: RouteConfiguration, context: ProxyContext): CompiledRouteTable {
  const { clusterNames, findVirtualHost } = compileVirtualHosts(config, context);
  return {
    name: config.name,
    clusterNames,
    internalOnlyHeaders: config.internalOnlyHeaders.map((name) => name.toLowerCase()),
    match(headers, random) {
      const target = headers.get(':path') ?? '';
      return findVirtualHost(headers.get(':authority') ?? '')?.match({ path: removeQuery(target), headers, random });
    },
  };
}

// Apart from the function above: its closure outlives it and would keep the whole message.
function compileVirtualHosts(config: RouteConfiguration, context: ProxyContext) {
  const { mostSpecificHeaderMutationsWins } = config;
  const table = {
    config,
    levels: inheritLevels(compileRouteLevel(config, context), NO_LEVELS, mostSpecificHeaderMutationsWins),
    clusterNames: new Set<string>(),
    mirrorNames: new Set<string>(),
  };
  const virtualHosts = config.virtualHosts.map((virtualHost) => compileVirtualHost(virtualHost, table, context));
  const findVirtualHost = createDomainFinder(
    virtualHosts.map((virtualHost) => ({ name: virtualHost.name, domains: virtualHost.domains, value: virtualHost })),
    { ignoresPort: config.ignorePortInHostMatching },
  );
  const clusterNames = [...table.clusterNames];
  if (config.validateClusters === true) {
    validateClusters(clusterNames, 'cluster', context);
    validateClusters([...table.mirrorNames], 'shadow cluster', context);
  }
  return { clusterNames, findVirtualHost };
}

function validateClusters(names: readonly string[], role: 'cluster' | 'shadow cluster', context: ProxyContext): void {
  for (const name of names) {
    if (context.clusters.find(name) === undefined) throw new ConfigError(`route: unknown ${role} '${name}'`);
  }
}
