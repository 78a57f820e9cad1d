import { clone } from '@bufbuild/protobuf';
import { anyPack, anyUnpack, type Any } from '@bufbuild/protobuf/wkt';
import {
  FilterSchema,
  HttpConnectionManagerSchema,
  HttpFilterSchema,
  type Filter,
  type FilterChain,
  type HttpConnectionManager,
  type HttpFilter,
} from '#xds/generated/messages.js';
import { isFilterName, toCanonicalFilterName } from './filter-names.ts';
import { httpFilterOf, networkFilterOf } from './match-listener.ts';
import { mergeAny } from './merge-message.ts';
import { applyInsertion, type ListRules } from './patch-list.ts';
import type { Patch } from './select-patches.ts';

const HTTP_CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager';

const NETWORK_RULES: ListRules<'NETWORK_FILTER'> = {
  isAimed: (patch) => networkFilterOf(patch) !== undefined,
  matches: (filter, patch) => isNetworkFilter(filter, patch),
  copy: (value) => clone(FilterSchema, value),
};

const HTTP_RULES: ListRules<'HTTP_FILTER'> = {
  isAimed: (patch) => httpFilterOf(patch) !== undefined,
  matches: ({ name }, patch) => {
    const wanted = httpFilterOf(patch);
    return wanted === undefined || isFilterName(wanted.name, name);
  },
  copy: (value) => clone(HttpFilterSchema, value),
};

/**
 * Patches the network filters of a chain, and the HTTP filters inside its connection managers. Insertions come before
 * merges and removes, so that a merge reaches what another patch put there.
 *
 * @param networkPatches only those that match the chain
 * @param httpPatches only those that match the chain
 */
export function patchNetworkFilters(
  chain: FilterChain,
  networkPatches: readonly Patch<'NETWORK_FILTER'>[],
  httpPatches: readonly Patch<'HTTP_FILTER'>[],
): void {
  for (const patch of networkPatches) applyInsertion(chain.filters, patch, NETWORK_RULES);
  chain.filters = chain.filters.filter((filter) => mergeOrRemove(filter, networkPatches, NETWORK_RULES.matches));
  for (const filter of chain.filters.filter(({ name }) => name === HTTP_CONNECTION_MANAGER)) {
    const relevant = httpPatches.filter((patch) => isNetworkFilter(filter, patch));
    if (relevant.length > 0) changeConnectionManager(filter, (manager) => patchHttpFilters(manager, relevant));
  }
}

function patchHttpFilters(manager: HttpConnectionManager, patches: readonly Patch<'HTTP_FILTER'>[]): void {
  for (const patch of patches) applyInsertion(manager.httpFilters, patch, HTTP_RULES);
  manager.httpFilters = manager.httpFilters.filter((filter) => mergeOrRemove(filter, patches, HTTP_RULES.matches));
}

function isNetworkFilter({ name }: Filter, patch: Patch): boolean {
  const wanted = networkFilterOf(patch);
  return wanted === undefined || isFilterName(wanted.name, name);
}

/** Carries out MERGE and REMOVE on one filter. @returns false when it is removed */
function mergeOrRemove<Item extends Filter | HttpFilter, P extends Patch<'NETWORK_FILTER' | 'HTTP_FILTER'>>(
  filter: Item,
  patches: readonly P[],
  matches: (filter: Item, patch: P) => boolean,
): boolean {
  for (const patch of patches) {
    if (!matches(filter, patch)) continue;
    if (patch.operation === 'REMOVE') return false;
    if (patch.operation === 'MERGE') mergeFilter(filter, patch.value);
  }
  return true;
}

function mergeFilter(filter: Filter | HttpFilter, patch: Filter | HttpFilter): void {
  const { configType } = filter;
  if (configType.case !== 'typedConfig') return;
  if (patch.configType.case === 'typedConfig') {
    configType.value = mergeAny(configType.value, patch.configType.value) ?? configType.value;
  }
  filter.name = toCanonicalFilterName(patch.name === '' ? filter.name : patch.name);
}

function changeConnectionManager(filter: Filter, change: (manager: HttpConnectionManager) => void): void {
  if (filter.configType.case !== 'typedConfig') return;
  const manager = unpackManager(filter.configType.value);
  if (manager === undefined) return;
  change(manager);
  filter.configType.value = anyPack(HttpConnectionManagerSchema, manager);
}

function unpackManager(any: Any): HttpConnectionManager | undefined {
  try {
    return anyUnpack(any, HttpConnectionManagerSchema);
  } catch {
    return undefined;
  }
}
