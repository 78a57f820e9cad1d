import type { Any } from '@bufbuild/protobuf/wkt';
import type { CorsPolicy, Route } from '#xds/generated/messages.js';
import type { ProxyContext } from '../context.ts';
import { compileCorsPolicy, corsFilter } from '../filters/cors-filter.ts';
import { compilePerFilterConfig } from '../filters/filter-registry.ts';
import { compileHeaderMutation, type HeaderMutation } from './header-mutation.ts';
import type { CompiledRoute, PerFilterConfig } from './types.ts';

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

/** A level that says nothing, as most routes do. */
const NOTHING: RouteLevel = { filterConfigs: new Map(), requestMutation: undefined, responseMutation: undefined };

/** What a route table inherits: nothing. */
export const NO_LEVELS: MergedLevels = { filterConfigs: new Map(), requestMutations: [], responseMutations: [] };

/** Compiles one level. `cors` is the older place of a CORS policy. @throws ConfigError */
export function compileRouteLevel(config: LevelConfig, context: ProxyContext, cors?: CorsPolicy): RouteLevel {
  if (cors === undefined && saysNothing(config)) return NOTHING;
  return {
    filterConfigs: compileFilterConfigs(config.typedPerFilterConfig, context, cors),
    requestMutation: compileHeaderMutation(config.requestHeadersToAdd, config.requestHeadersToRemove),
    responseMutation: compileHeaderMutation(config.responseHeadersToAdd, config.responseHeadersToRemove),
  };
}

/**
 * Puts a level below those that it inherits from. A filter's settings on one level replace those of the levels above whole.
 * Header changes of the most specific level apply first, so that the least specific one has the last word, unless the table
 * says otherwise. What a level does not change is shared: a table may have ten thousand routes.
 */
export function inheritLevels(level: RouteLevel, above: MergedLevels, mostSpecificWins: boolean): MergedLevels {
  if (level === NOTHING) return above;
  const { filterConfigs, requestMutation, responseMutation } = level;
  const join = (own: HeaderMutation | undefined, inherited: readonly HeaderMutation[]) => {
    if (own === undefined) return inherited;
    return mostSpecificWins ? [...inherited, own] : [own, ...inherited];
  };
  return {
    filterConfigs: filterConfigs.size === 0 ? above.filterConfigs : new Map([...above.filterConfigs, ...filterConfigs]),
    requestMutations: join(requestMutation, above.requestMutations),
    responseMutations: join(responseMutation, above.responseMutations),
  };
}

function saysNothing(config: LevelConfig): boolean {
  for (const _ in config.typedPerFilterConfig) return false;
  return (
    config.requestHeadersToAdd.length +
      config.requestHeadersToRemove.length +
      config.responseHeadersToAdd.length +
      config.responseHeadersToRemove.length ===
    0
  );
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
