import { anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  HttpConnectionManagerSchema,
  type FilterChain,
  type Listener,
  type RouteConfiguration,
} from '#xds/generated/messages.js';

/**
 * The route tables that a listener has in itself, not from RDS. Envoy's config dump lists them among the static ones, also
 * those of listeners that were discovered (Envoy `source/common/router/rds_impl.cc`).
 */
export function findInlineRouteTables({ filterChains, defaultFilterChain }: Listener): RouteConfiguration[] {
  const chains = defaultFilterChain === undefined ? filterChains : [...filterChains, defaultFilterChain];
  return chains.flatMap(tablesOfChain);
}

function tablesOfChain({ filters }: FilterChain): RouteConfiguration[] {
  return filters.flatMap(({ configType }) => {
    if (configType.case !== 'typedConfig') return [];
    const manager = anyUnpack(configType.value, HttpConnectionManagerSchema);
    return manager?.routeSpecifier.case === 'routeConfig' ? [manager.routeSpecifier.value] : [];
  });
}
