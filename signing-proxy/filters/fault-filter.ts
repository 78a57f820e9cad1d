import { HTTPFaultSchema, type FaultAbort, type FaultDelay, type HTTPFault } from '#xds/generated/messages.js';
import type { ProxyContext } from '../context.ts';
import { toMilliseconds } from '../routing/duration-ms.ts';
import { compileHeaderMatcher, type HeaderPredicate } from '../routing/header-matcher.ts';
import { toRatio } from '../routing/route-matcher.ts';
import type { HeaderMap } from '../http/header-map.ts';
import type { LocalReply } from '../http/local-reply.ts';
import { defineFilter } from './filter-factory.ts';
import type { Exchange, HttpFilter } from './types.ts';
import type { FilterResult } from './filter.ts';

/** Faults to inject, with the share of requests that get them. */
export interface FaultSettings {
  readonly delay:
    { readonly findDelayMs: (headers: HeaderMap) => number | undefined; readonly ratio: number } | undefined;
  readonly abort:
    { readonly findReply: (headers: HeaderMap) => LocalReply | undefined; readonly ratio: number } | undefined;
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
  return {
    delay: config.delay === undefined ? undefined : compileDelay(config.delay),
    abort: config.abort === undefined ? undefined : compileAbort(config.abort),
    clusterName: config.upstreamCluster === '' ? undefined : config.upstreamCluster,
    headers: config.headers.map(compileHeaderMatcher),
  };
}

function compileDelay({ faultDelaySecifier: specifier, percentage }: FaultDelay): FaultSettings['delay'] {
  const ratio = percentage === undefined ? 0 : toRatio(percentage);
  const fixedMs = specifier.case === 'fixedDelay' ? toMilliseconds(specifier.value) : undefined;
  if (specifier.case === 'headerDelay')
    return { findDelayMs: (headers) => readNumber(headers, 'x-envoy-fault-delay-request'), ratio };
  return { findDelayMs: () => fixedMs, ratio };
}

function compileAbort({ errorType, percentage }: FaultAbort): FaultSettings['abort'] {
  const ratio = percentage === undefined ? 0 : toRatio(percentage);
  switch (errorType.case) {
    case 'httpStatus': {
      const reply = createAbort(errorType.value);
      return { findReply: () => reply, ratio };
    }
    case 'grpcStatus': {
      const reply = createGrpcAbort(errorType.value);
      return { findReply: () => reply, ratio };
    }
    case 'headerAbort':
      return { findReply: findRequestedAbort, ratio };
    case undefined:
      return undefined;
  }
}

/** Callers may ask for a status themselves, where the filter lets them. */
function findRequestedAbort(headers: HeaderMap): LocalReply | undefined {
  const status = readNumber(headers, 'x-envoy-fault-abort-request');
  if (status !== undefined) return status >= 200 && status < 600 ? createAbort(status) : undefined;
  const grpcStatus = readNumber(headers, 'x-envoy-fault-abort-grpc-request');
  return grpcStatus === undefined ? undefined : createGrpcAbort(grpcStatus);
}

function createAbort(status: number): LocalReply {
  return { status, body: 'fault filter abort', details: 'fault_filter_abort', flag: 'FI' };
}

function createGrpcAbort(grpcStatus: number): LocalReply {
  const headers = [
    ['content-type', 'application/grpc'],
    ['grpc-status', String(grpcStatus)],
    ['grpc-message', 'fault filter abort'],
  ] as const;
  return { status: 200, body: '', details: 'fault_filter_abort', flag: 'FI', headers };
}

function readNumber(headers: HeaderMap, name: string): number | undefined {
  const text = headers.get(name);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
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
    const delayMs = delay?.findDelayMs(exchange.headers);
    if (delay === undefined || delayMs === undefined || !this.#happens(delay.ratio))
      return this.#abort(exchange, settings);
    exchange.addFlag('DI');
    return this.#context.clock.sleep(delayMs, exchange.signal).then(() => this.#abort(exchange, settings));
  }

  #abort({ headers }: Exchange, { abort }: FaultSettings): FilterResult {
    const reply = abort?.findReply(headers);
    return abort !== undefined && reply !== undefined && this.#happens(abort.ratio) ? reply : undefined;
  }

  #happens(ratio: number): boolean {
    return ratio > 0 && (ratio >= 1 || this.#context.random.float() < ratio);
  }
}

function isAffected(exchange: Exchange, { clusterName, headers }: FaultSettings): boolean {
  if (clusterName !== undefined && clusterName !== exchange.clusterName) return false;
  return headers.every((matches) => matches(exchange.headers));
}
