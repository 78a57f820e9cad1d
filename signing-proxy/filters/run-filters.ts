import type { LocalReply } from '../http/local-reply.ts';
import type { PerFilterConfig } from '../routing/types.ts';
import type { ChainedFilter, FilteredRequest, FilterResult, ResponseHandler } from './filter.ts';
import type { Answer, Exchange, FilterChain } from './types.ts';

/** What a request is answered with, and the filters that want to see it on its way back. */
export interface FilteredAnswer {
  readonly answer: Answer;
  /** In the order of the chain: the last one acts first. */
  readonly handlers: readonly ResponseHandler[];
}

/** Runs a request through a filter chain up to the first filter that answers. */
export async function runFilters(exchange: Exchange, chain: FilterChain): Promise<FilteredAnswer> {
  const handlers: ResponseHandler[] = [];
  const passing = passFilters(exchange, chain.filters, handlers);
  const reply = passing instanceof Promise ? await passing : passing;
  return { answer: reply ?? (await chain.terminal.answer(exchange)), handlers };
}

/**
 * Runs a request through filters, at once where none has to wait; an answer of one of them ends it. Adds to `handlers` who wants to
 * see the answer.
 */
export function passFilters<Seen extends FilteredRequest>(
  request: Seen,
  filters: readonly ChainedFilter<Seen>[],
  handlers: ResponseHandler[],
): LocalReply | undefined | Promise<LocalReply | undefined> {
  for (const [index, chained] of filters.entries()) {
    const config = findSettings(request, chained);
    if (config === undefined ? chained.isDisabled : config.isDisabled) continue;
    const outcome = chained.filter.handleRequest(request, config?.settings);
    if (outcome instanceof Promise)
      return outcome.then(
        (result) => takeReply(result, handlers) ?? passFilters(request, filters.slice(index + 1), handlers),
      );
    const reply = takeReply(outcome, handlers);
    if (reply !== undefined) return reply;
  }
  return undefined;
}

function takeReply(result: FilterResult, handlers: ResponseHandler[]): LocalReply | undefined {
  if (typeof result !== 'function') return result;
  handlers.push(result);
  return undefined;
}

/** Routes address a filter by its name in the chain; those of older configurations by the one Envoy registers it under. */
function findSettings<Seen extends FilteredRequest>(
  { route }: Seen,
  { filter, canonicalName }: ChainedFilter<Seen>,
): PerFilterConfig | undefined {
  return route?.filterConfigs.get(filter.name) ?? route?.filterConfigs.get(canonicalName);
}
