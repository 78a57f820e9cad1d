import type { Any } from '@bufbuild/protobuf/wkt';
import type { CorsPolicy, Route } from '#xds/generated/messages.js';
import type { ProxyContext } from '../context.ts';
import { compileCorsPolicy, corsFilter } from '../filters/cors-filter.ts';
import { compilePerFilterConfig } from '../filters/filter-registry.ts';
import type { PerFilterConfig } from '../filters/types.ts';
import { compileHeaderMutation, type HeaderMutation } from './header-mutation.ts';
import type { CompiledRoute } from './types.ts';

/** The fields that a route table, a virtual host, a route and a weighted cluster share. */
export type LevelConfig = Pick<
  Route,
  | 'requestHeadersToAdd'
  | 'requestHeadersToRemove'
  | 'responseHeadersToAdd'
  | 'responseHeadersToRemove'
  | 'typedPerFilterConfig'
>;

/** What one level of a route configuration says, compiled. */
export interface RouteLevel {
  readonly filterConfigs: ReadonlyMap<string, PerFilterConfig>;
  readonly requestMutation: HeaderMutation | undefined;
  readonly responseMutation: HeaderMutation | undefined;
}

/** What all levels together say. */
export type MergedLevels = Pick<CompiledRoute, 'filterConfigs' | 'requestMutations' | 'responseMutations'>;

/** Compiles one level. `cors` is the older place of a CORS policy. @throws ConfigError */
export function compileRouteLevel(config: LevelConfig, context: ProxyContext, cors?: CorsPolicy): RouteLevel {
  return {
    filterConfigs: compileFilterConfigs(config.typedPerFilterConfig, context, cors),
    requestMutation: compileHeaderMutation(config.requestHeadersToAdd, config.requestHeadersToRemove),
    responseMutation: compileHeaderMutation(config.responseHeadersToAdd, config.responseHeadersToRemove),
  };
}

/**
 * Joins levels given most specific first. A filter's settings on one level replace those of the levels above whole. Header
 * changes apply in the order given, so that the least specific level has the last word, unless the table says otherwise.
 */
export function mergeRouteLevels(levels: readonly RouteLevel[], mostSpecificWins: boolean): MergedLevels {
  const leastSpecificFirst = levels.toReversed();
  const ordered = mostSpecificWins ? leastSpecificFirst : levels;
  return {
    filterConfigs: new Map(leastSpecificFirst.flatMap((level) => [...level.filterConfigs])),
    requestMutations: ordered.flatMap(({ requestMutation }) => requestMutation ?? []),
    responseMutations: ordered.flatMap(({ responseMutation }) => responseMutation ?? []),
  };
}

function compileFilterConfigs(
  configs: Readonly<Record<string, Any>>,
  context: ProxyContext,
  cors: CorsPolicy | undefined,
): RouteLevel['filterConfigs'] {
  const compiled = new Map<string, PerFilterConfig>();
  if (cors !== undefined)
    compiled.set(corsFilter.canonicalName, { isDisabled: false, settings: compileCorsPolicy(cors) });
  for (const [name, any] of Object.entries(configs)) {
    const config = compilePerFilterConfig(name, any, context);
    if (config !== undefined) compiled.set(name, config);
  }
  return compiled;
}
