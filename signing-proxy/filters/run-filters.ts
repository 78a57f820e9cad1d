import type { LocalReply } from '../http/local-reply.ts';
import type { FilterChain } from './filter-chain.ts';
import type { Answer, ChainedFilter, Exchange, FilteredRequest, PerFilterConfig, ResponseHandler } from './types.ts';

/** What a request is answered with, and the filters that want to see it on its way back. */
export interface FilteredAnswer {
  readonly answer: Answer;
  /** In the order of the chain: the last one acts first. */
  readonly handlers: readonly ResponseHandler[];
}

/** Runs a request through a filter chain up to the first filter that answers. */
export async function runFilters(exchange: Exchange, chain: FilterChain): Promise<FilteredAnswer> {
  const handlers: ResponseHandler[] = [];
  const reply = await passFilters(exchange, chain.filters, handlers);
  return { answer: reply ?? (await chain.terminal.answer(exchange)), handlers };
}

/** Runs a request through filters; an answer of one of them ends it. Adds to `handlers` who wants to see the answer. */
export async function passFilters<Seen extends FilteredRequest>(
  request: Seen,
  filters: readonly ChainedFilter<Seen>[],
  handlers: ResponseHandler[],
): Promise<LocalReply | undefined> {
  for (const chained of filters) {
    const config = findSettings(request, chained);
    if (config === undefined ? chained.isDisabled : config.isDisabled) continue;
    const outcome = chained.filter.handleRequest(request, config?.settings);
    const result = outcome instanceof Promise ? await outcome : outcome;
    if (typeof result === 'function') handlers.push(result);
    else if (result !== undefined) return result;
  }
  return undefined;
}

/** Routes address a filter by its name in the chain; those of older configurations by the one Envoy registers it under. */
function findSettings<Seen extends FilteredRequest>(
  { route }: Seen,
  { filter, canonicalName }: ChainedFilter<Seen>,
): PerFilterConfig | undefined {
  return route?.filterConfigs.get(filter.name) ?? route?.filterConfigs.get(canonicalName);
}
