import { equals } from '@bufbuild/protobuf';
import { formatAddress, type Address } from '#core/address.ts';
import { FilterChainMatchSchema, TrafficDirection, type Listener } from '#xds/generated/messages.js';
import { messageOf } from '#core/errors.ts';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import type { PodPlace } from '../pod-place.ts';
import { toMilliseconds } from '../routing/duration-ms.ts';
import { getSocketAddress, listBindings, type Binding } from './bindings.ts';
import { compileFilterChain, type FilterChainPlan } from './filter-chain.ts';
import { createFilterChainMatcher, type FilterChainMatcher } from './filter-chain-matcher.ts';
import { compileListenerFilters, type ListenerFilterPlan } from './listener-filters.ts';

/** A listener checked whole: everything that can be refused has been. */
export interface ListenerPlan {
  readonly name: string;
  /** The configured address; other listeners hand connections over by it. */
  readonly address: Address;
  readonly bindings: readonly Binding[];
  /** Gives connections to the listener of their original destination, if there is one. */
  readonly handsOver: boolean;
  readonly inspection: ListenerFilterPlan;
  readonly inspectionTimeoutMs: number;
  readonly continuesAfterTimeout: boolean;
  readonly chains: readonly FilterChainPlan[];
  readonly findChain: FilterChainMatcher<FilterChainPlan>;
  readonly defaultChain: FilterChainPlan | undefined;
}

const DEFAULT_INSPECTION_MS = 15_000;

/** @throws ConfigError that says what is refused, worded as Envoy words it */
export function compileListener(config: Listener, proxy: ProxyContext, place: PodPlace): ListenerPlan {
  if (config.filterChainMatcher !== undefined) throw new ConfigError('filter_chain_matcher is not supported');
  const bufferLimitBytes = config.perConnectionBufferLimitBytes;
  const isOutbound = config.trafficDirection === TrafficDirection.OUTBOUND;
  const context = { ...proxy, isOutbound, ...(bufferLimitBytes !== undefined && { bufferLimitBytes }) };
  const inspection = compileListenerFilters(config.listenerFilters);
  const bindings = listBindings(config, place, inspection.restoresDestination);
  const address = getSocketAddress(config.address);
  const chains = config.filterChains.map((chain) => compileFilterChain(chain, context));
  const defaultChain = config.defaultFilterChain && compileFilterChain(config.defaultFilterChain, context);
  if (chains.length === 0 && defaultChain === undefined)
    throw new ConfigError(`error adding listener '${formatAddress(address)}': no filter chains specified`);
  return {
    name: config.name,
    address,
    bindings,
    // The filter alone restores the address for matching; only the listener's own switch hands connections over.
    handsOver: config.useOriginalDst === true,
    inspection: needsTlsInspection(chains) ? { ...inspection, looksForTls: () => true } : inspection,
    inspectionTimeoutMs: toMilliseconds(config.listenerFiltersTimeout) ?? DEFAULT_INSPECTION_MS,
    continuesAfterTimeout: config.continueOnListenerFiltersTimeout,
    chains: defaultChain === undefined ? chains : [...chains, defaultChain],
    findChain: indexChains(chains, address),
    defaultChain,
  };
}

function indexChains(chains: readonly FilterChainPlan[], address: Address): FilterChainMatcher<FilterChainPlan> {
  try {
    checkDuplicates(chains);
    return createFilterChainMatcher(chains.map((chain) => ({ match: chain.match, chain })));
  } catch (error) {
    throw new ConfigError(`error adding listener '${formatAddress(address)}': ${messageOf(error)}`, { cause: error });
  }
}

function checkDuplicates(chains: readonly FilterChainPlan[]): void {
  for (const [index, chain] of chains.entries()) {
    const earlier = chains.slice(0, index).find((other) => hasSameMatch(other, chain));
    if (earlier !== undefined)
      throw new ConfigError(`filter chain '${chain.name}' has the same matching rules defined as '${earlier.name}'`);
  }
}

function hasSameMatch({ match: one }: FilterChainPlan, { match: other }: FilterChainPlan): boolean {
  if (one === undefined || other === undefined) return one === other;
  return equals(FilterChainMatchSchema, one, other);
}

/** Envoy puts the inspector in by itself where a chain could not be chosen without it. */
function needsTlsInspection(chains: readonly FilterChainPlan[]): boolean {
  return chains.some(
    ({ match }) => match !== undefined && (match.transportProtocol === 'tls' || match.serverNames.length > 0),
  );
}
