import type { ChainedFilter, FilterChain } from './filter-chain.ts';
import type { Answer, Exchange, PerFilterConfig, ResponseHandler } from './types.ts';

/** What a request is answered with, and the filters that want to see it on its way back. */
export interface FilteredAnswer {
  readonly answer: Answer;
  /** In the order of the chain: the last one acts first. */
  readonly handlers: readonly ResponseHandler[];
}

/** Runs a request through a filter chain up to the first filter that answers. */
export async function runFilters(exchange: Exchange, chain: FilterChain): Promise<FilteredAnswer> {
  const handlers: ResponseHandler[] = [];
  for (const chained of chain.filters) {
    const config = findSettings(exchange, chained);
    if (config === undefined ? chained.isDisabled : config.isDisabled) continue;
    const outcome = chained.filter.handleRequest(exchange, config?.settings);
    const result = outcome instanceof Promise ? await outcome : outcome;
    if (typeof result === 'function') handlers.push(result);
    else if (result !== undefined) return { answer: result, handlers };
  }
  return { answer: await chain.terminal.answer(exchange), handlers };
}

/** Routes address a filter by its name in the chain; those of older configurations by the one Envoy registers it under. */
function findSettings({ route }: Exchange, { filter, canonicalName }: ChainedFilter): PerFilterConfig | undefined {
  return route?.filterConfigs.get(filter.name) ?? route?.filterConfigs.get(canonicalName);
}
