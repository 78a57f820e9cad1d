import type { LocalReply } from '../http/local-reply.ts';
import type { PerFilterConfig } from '../routing/types.ts';
import type { ChainedFilter, FilteredRequest, FilterResult, ResponseExchange, ResponseHandler } from './filter.ts';
import type { Answer, Exchange, FilterChain } from './types.ts';

/** Runs a request through a filter chain up to the first filter that answers. Adds to `handlers` who wants to see the answer. */
export function runFilters(
  exchange: Exchange,
  { filters, terminal }: FilterChain,
  handlers: ResponseHandler[],
): Answer | Promise<Answer> {
  const passing = passFilters(exchange, filters, handlers);
  if (passing instanceof Promise) return passing.then((reply) => reply ?? terminal.answer(exchange));
  return passing ?? terminal.answer(exchange);
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
  for (let index = 0; index < filters.length; index++) {
    const chained = filters[index] as ChainedFilter<Seen>;
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

/** Shows an answer to those who want to see it, the last filter's handler first, at once where none has to wait. */
export function passBack(response: ResponseExchange, handlers: readonly ResponseHandler[]): void | Promise<void> {
  for (let index = handlers.length - 1; index >= 0; index--) {
    const handling = handlers[index]?.(response);
    if (handling instanceof Promise) return handling.then(() => passBack(response, handlers.slice(0, index)));
  }
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
  if (route === undefined || route.filterConfigs.size === 0) return undefined;
  return route.filterConfigs.get(filter.name) ?? route.filterConfigs.get(canonicalName);
}
