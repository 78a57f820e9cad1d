import { HTTPFaultSchema, type FaultAbort, type HTTPFault } from '#xds/generated/messages.js';
import type { ProxyContext } from '../context.ts';
import { toMilliseconds } from '../routing/duration-ms.ts';
import { compileHeaderMatcher, type HeaderPredicate } from '../routing/header-matcher.ts';
import { toRatio } from '../routing/route-matcher.ts';
import type { LocalReply } from '../http/local-reply.ts';
import { defineFilter } from './filter-factory.ts';
import type { Exchange, FilterResult, HttpFilter } from './types.ts';

/** Faults to inject, with the share of requests that get them. */
export interface FaultSettings {
  readonly delay: { readonly delayMs: number; readonly ratio: number } | undefined;
  readonly abort: { readonly reply: LocalReply; readonly ratio: number } | undefined;
  readonly clusterName: string | undefined;
  readonly headers: readonly HeaderPredicate[];
}

/** `envoy.filters.http.fault`: delays and aborts. Always in Istio's chains, idle without settings. */
export const faultFilter = defineFilter({
  canonicalName: 'envoy.filters.http.fault',
  schema: HTTPFaultSchema,
  create: (config, name, context) => new FaultFilter(name, compileFault(config), context),
  perRoute: { schema: HTTPFaultSchema, compile: compileFault },
});

function compileFault(config: HTTPFault): FaultSettings {
  const delayMs =
    config.delay?.faultDelaySecifier.case === 'fixedDelay'
      ? toMilliseconds(config.delay.faultDelaySecifier.value)
      : undefined;
  return {
    delay:
      delayMs === undefined
        ? undefined
        : { delayMs, ratio: config.delay?.percentage === undefined ? 0 : toRatio(config.delay.percentage) },
    abort: config.abort === undefined ? undefined : compileAbort(config.abort),
    clusterName: config.upstreamCluster === '' ? undefined : config.upstreamCluster,
    headers: config.headers.map(compileHeaderMatcher),
  };
}

function compileAbort({ errorType, percentage }: FaultAbort): FaultSettings['abort'] {
  if (errorType.case !== 'httpStatus') return undefined;
  const reply = { status: errorType.value, body: 'fault filter abort', details: 'fault_filter_abort', flag: 'FI' };
  return { reply, ratio: percentage === undefined ? 0 : toRatio(percentage) };
}

class FaultFilter implements HttpFilter<FaultSettings> {
  readonly name: string;
  readonly #listenerSettings: FaultSettings;
  readonly #context: ProxyContext;

  constructor(name: string, settings: FaultSettings, context: ProxyContext) {
    this.name = name;
    this.#listenerSettings = settings;
    this.#context = context;
  }

  handleRequest(exchange: Exchange, routeSettings: FaultSettings | undefined): FilterResult | Promise<FilterResult> {
    const settings = routeSettings ?? this.#listenerSettings;
    if (!isAffected(exchange, settings)) return undefined;
    const { delay } = settings;
    if (delay === undefined || !this.#happens(delay.ratio)) return this.#abort(settings);
    exchange.addFlag('DI');
    return this.#context.clock.sleep(delay.delayMs, exchange.signal).then(() => this.#abort(settings));
  }

  #abort({ abort }: FaultSettings): FilterResult {
    return abort !== undefined && this.#happens(abort.ratio) ? abort.reply : undefined;
  }

  #happens(ratio: number): boolean {
    return ratio > 0 && (ratio >= 1 || this.#context.random.float() < ratio);
  }
}

function isAffected(exchange: Exchange, { clusterName, headers }: FaultSettings): boolean {
  if (clusterName !== undefined && clusterName !== exchange.clusterName) return false;
  return headers.every((matches) => matches(exchange.headers));
}
