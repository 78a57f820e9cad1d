import { RouterSchema } from '#xds/generated/messages.js';
import type { ProxyContext } from '../../context.ts';
import { formatTarget } from '../../http/format-headers.ts';
import { ROUTE_NOT_FOUND, type LocalReply } from '../../http/local-reply.ts';
import { HeaderMap } from '../../http/header-map.ts';
import { defineFilter } from '../filter-factory.ts';
import type { Answer, Exchange, TerminalFilter } from '../types.ts';
import { compileUpstreamFilters } from '../upstream-filter-chain.ts';
import { UpstreamCall, type RouterOptions } from './upstream-call.ts';

/** `envoy.filters.http.router`: answers from the route table, or passes the request to the route's cluster. */
export const routerFilter = defineFilter({
  canonicalName: 'envoy.filters.http.router',
  schema: RouterSchema,
  create({ suppressEnvoyHeaders, upstreamHttpFilters }, name, context) {
    const statPrefix = context.dialect.http.upstreamStats.inRouter(context.statPrefix ?? '');
    const upstreamFilters = compileUpstreamFilters(upstreamHttpFilters, 'router', { ...context, statPrefix });
    return new RouterFilter(name, { addsEnvoyHeaders: !suppressEnvoyHeaders, upstreamFilters }, context);
  },
});

class RouterFilter implements TerminalFilter {
  readonly name: string;
  readonly #options: RouterOptions;
  readonly #context: ProxyContext;

  constructor(name: string, options: RouterOptions, context: ProxyContext) {
    this.name = name;
    this.#options = options;
    this.#context = context;
  }

  answer(exchange: Exchange): Answer | Promise<Answer> {
    const { route, headers } = exchange;
    const log = (describe: () => string) =>
      this.#context.log.debug('router', () => `${exchange.logPrefix} ${describe()}`);
    if (route === undefined) {
      log(() => `no route match for URL '${formatTarget(headers.get(':path') ?? '')}'`);
      return ROUTE_NOT_FOUND;
    }
    switch (route.action.kind) {
      case 'direct-response':
        return finalizeReply(exchange, {
          status: route.action.status,
          body: route.action.body,
          details: 'direct_response',
        });
      case 'redirect': {
        const location = route.action.createLocation(headers);
        return finalizeReply(exchange, {
          status: route.action.status,
          body: '',
          details: 'direct_response',
          headers: [['location', location]],
        });
      }
      case 'forward': {
        const { clusterName, clusterNotFoundStatus } = route.action;
        if (exchange.cluster === undefined) {
          log(() => `unknown cluster '${clusterName}'`);
          return { status: clusterNotFoundStatus, body: '', details: 'cluster_not_found', flag: 'NC' };
        }
        log(() => `cluster '${clusterName}' match for URL '${formatTarget(headers.get(':path') ?? '')}'`);
        return new UpstreamCall(
          exchange,
          { action: route.action, cluster: exchange.cluster, options: this.#options },
          this.#context,
        ).run();
      }
    }
  }
}

/** Direct answers get the response headers of their route, too. */
function finalizeReply(exchange: Exchange, reply: LocalReply): LocalReply {
  const mutations = exchange.route?.responseMutations ?? [];
  if (mutations.length === 0) return reply;
  const headers = HeaderMap.from(reply.headers ?? []);
  for (const mutate of mutations) mutate(headers, exchange);
  return { ...reply, headers: [...headers.entries()] };
}
