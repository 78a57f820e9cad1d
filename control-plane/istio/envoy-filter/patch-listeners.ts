import { clone } from '@bufbuild/protobuf';
import {
  FilterChainSchema,
  ListenerFilterSchema,
  ListenerSchema,
  type FilterChain,
  type Listener,
} from '#xds/generated/messages.js';
import { isFilterName } from './filter-names.ts';
import { listenerFilterOf, matchesFilterChain, matchesListener } from './match-listener.ts';
import { mergeAny, mergeMessage } from './merge-message.ts';
import { patchNetworkFilters } from './patch-filters.ts';
import { applyInsertion, type ListRules } from './patch-list.ts';
import type { Patch, PatchContext, PatchSet } from './select-patches.ts';

/**
 * Applies every patch that concerns listeners, to the generated messages, in place where it can: per listener removes and
 * merges, then its listener filters, chains, network filters and HTTP filters; added listeners last, and unpatched.
 */
export function patchListeners(listeners: readonly Listener[], context: PatchContext, patches: PatchSet): Listener[] {
  const kept = listeners.filter((listener) => patchListener(listener, context, patches));
  const added = patches
    .of('LISTENER', context)
    .filter(({ operation }) => operation === 'ADD')
    // An addition that names no side is for callers, not for a sidecar's own inbound side.
    .filter((patch) => patch.context !== 'ANY' || context !== 'SIDECAR_INBOUND')
    .map(({ value }) => clone(ListenerSchema, value));
  return [...kept, ...added];
}

/** @returns false when the listener is removed */
function patchListener(listener: Listener, context: PatchContext, patches: PatchSet): boolean {
  for (const patch of patches.of('LISTENER', context)) {
    if (!matchesListener(listener, patch)) continue;
    if (patch.operation === 'REMOVE') return false;
    if (patch.operation === 'MERGE') mergeMessage(ListenerSchema, listener, patch.value);
  }
  patchListenerFilters(listener, patches.of('LISTENER_FILTER', context));
  patchFilterChains(listener, context, patches);
  return true;
}

const LISTENER_FILTER_RULES: ListRules<'LISTENER_FILTER'> = {
  isAimed: (patch) => listenerFilterOf(patch) !== undefined,
  matches: ({ name }, patch) => isFilterName(listenerFilterOf(patch), name),
  copy: (value) => clone(ListenerFilterSchema, value),
};

function patchListenerFilters(listener: Listener, patches: readonly Patch<'LISTENER_FILTER'>[]): void {
  const relevant = patches.filter((patch) => matchesListener(listener, patch));
  for (const patch of relevant) applyInsertion(listener.listenerFilters, patch, LISTENER_FILTER_RULES);
  const removed = relevant.filter((patch) => patch.operation === 'REMOVE' && LISTENER_FILTER_RULES.isAimed(patch));
  listener.listenerFilters = listener.listenerFilters.filter(
    (filter) => !removed.some((patch) => LISTENER_FILTER_RULES.matches(filter, patch)),
  );
}

function patchFilterChains(listener: Listener, context: PatchContext, patches: PatchSet): void {
  const patchOne = (chain: FilterChain): boolean => patchFilterChain(listener, chain, { context, patches });
  listener.filterChains = listener.filterChains.filter(patchOne);
  if (listener.defaultFilterChain !== undefined && !patchOne(listener.defaultFilterChain)) {
    delete listener.defaultFilterChain;
  }
  const added = patches
    .of('FILTER_CHAIN', context)
    .filter((patch) => patch.operation === 'ADD' && matchesListener(listener, patch))
    .map(({ value }) => clone(FilterChainSchema, value));
  listener.filterChains.push(...added);
}

/** @returns false when the chain is removed */
function patchFilterChain(
  listener: Listener,
  chain: FilterChain,
  { context, patches }: { readonly context: PatchContext; readonly patches: PatchSet },
): boolean {
  const isForChain = (patch: Patch): boolean =>
    matchesListener(listener, patch) && matchesFilterChain(listener, chain, patch);
  for (const patch of patches.of('FILTER_CHAIN', context).filter(isForChain)) {
    if (patch.operation === 'REMOVE') return false;
    if (patch.operation === 'MERGE') mergeFilterChain(chain, patch.value);
  }
  patchNetworkFilters(
    chain,
    patches.of('NETWORK_FILTER', context).filter(isForChain),
    patches.of('HTTP_FILTER', context).filter(isForChain),
  );
  return true;
}

/** A patch with the chain's own transport socket does nothing else than merge into it. */
function mergeFilterChain(chain: FilterChain, patch: FilterChain): void {
  const ofPatch = patch.transportSocket;
  const ofChain = chain.transportSocket;
  if (ofPatch === undefined || ofChain === undefined || ofPatch.name !== ofChain.name) {
    mergeMessage(FilterChainSchema, chain, patch);
    return;
  }
  if (ofPatch.configType.case !== 'typedConfig' || ofChain.configType.case !== 'typedConfig') return;
  ofChain.configType.value = mergeAny(ofChain.configType.value, ofPatch.configType.value) ?? ofChain.configType.value;
}
