import type { Random } from '#core/random.ts';
import type { HeaderMap } from './header-map.ts';

/** The B3 identifiers of a request, as Istio's proxies send them on. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly isSampled: boolean;
}

export interface TraceSettings {
  /** Share of requests, in percent. */
  readonly randomPercent: number;
  /** Whether what passes here leaves a workload or a gateway, and is a span of its own. What arrives shares its caller's. */
  readonly isOutbound: boolean;
}

/**
 * Continues the caller's trace, or begins one of 128 bits whose lower half is its first span, as seed 000 shows. On the way out the
 * caller's span becomes the parent of a new one, so that its id changes (envoyproxy/envoy source/extensions/tracers/zipkin/tracer.cc).
 *
 * Sampling is a function of the request id, so that every proxy on the way decides alike; the id's 14th character tells.
 */
export function startTrace(headers: HeaderMap, settings: TraceSettings, random: Random): TraceContext {
  const traceId = headers.get('x-b3-traceid');
  const spanId = headers.get('x-b3-spanid');
  const sampled = headers.get('x-b3-sampled');
  const isSampled = sampled === undefined ? decideSampling(headers, settings) : sampled === '1';
  if (traceId !== undefined && spanId !== undefined) {
    if (settings.isOutbound) return { traceId, spanId: random.hex(16), parentSpanId: spanId, isSampled };
    return { traceId, spanId, parentSpanId: headers.get('x-b3-parentspanid'), isSampled };
  }
  const newSpanId = random.hex(16);
  return { traceId: random.hex(16) + newSpanId, spanId: newSpanId, parentSpanId: undefined, isSampled };
}

export function injectTrace(headers: HeaderMap, trace: TraceContext): void {
  headers.set('x-b3-traceid', trace.traceId);
  headers.set('x-b3-spanid', trace.spanId);
  if (trace.parentSpanId !== undefined) headers.set('x-b3-parentspanid', trace.parentSpanId);
  headers.set('x-b3-sampled', trace.isSampled ? '1' : '0');
}

const TRACE_REASON = 14;
const NOT_TRACED = '4';
const SAMPLED = '9';

function decideSampling(headers: HeaderMap, { randomPercent }: TraceSettings): boolean {
  const requestId = headers.get('x-request-id') ?? '';
  if (requestId.length !== 36) return false;
  const reason = requestId.charAt(TRACE_REASON);
  if (reason !== NOT_TRACED) return reason === SAMPLED || reason === 'a' || reason === 'b';
  const isSampled = Number.parseInt(requestId.slice(0, 8), 16) % 10_000 < randomPercent * 100;
  if (isSampled)
    headers.set('x-request-id', requestId.slice(0, TRACE_REASON) + SAMPLED + requestId.slice(TRACE_REASON + 1));
  return isSampled;
}
