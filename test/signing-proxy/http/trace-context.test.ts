import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import { startTrace } from '#signing-proxy/http/trace-context.ts';

const CALLER = {
  'x-b3-traceid': '80f198ee56343ba864fe8b2a57d3eff7',
  'x-b3-spanid': 'e457b5a2e4d86bd1',
  'x-b3-sampled': '1',
};

function trace(headers: Readonly<Record<string, string>>, isOutbound: boolean) {
  return startTrace(HeaderMap.from(Object.entries(headers)), { randomPercent: 0, isOutbound }, createRandom('trace'));
}

test('a request that arrives shares the span of its caller', () => {
  expect(trace(CALLER, false)).toEqual({
    traceId: CALLER['x-b3-traceid'],
    spanId: CALLER['x-b3-spanid'],
    parentSpanId: undefined,
    isSampled: true,
  });
});

test('a request that leaves is a new span of the same trace', () => {
  const { traceId, spanId, parentSpanId, isSampled } = trace(CALLER, true);
  expect({ traceId, parentSpanId, isSampled }).toEqual({
    traceId: CALLER['x-b3-traceid'],
    parentSpanId: CALLER['x-b3-spanid'],
    isSampled: true,
  });
  expect(spanId).toMatch(/^[0-9a-f]{16}$/);
  expect(spanId).not.toBe(CALLER['x-b3-spanid']);
});

test('a trace begins with a span that is the lower half of its id', () => {
  const { traceId, spanId, isSampled } = trace({}, true);
  expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(traceId.endsWith(spanId)).toBe(true);
  expect(isSampled).toBe(false);
});
