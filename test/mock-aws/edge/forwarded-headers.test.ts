import { expect, test } from 'vitest';
import { applyEdgeTo } from './support/edge.ts';

const DOWNSTREAM = {
  address: '192.0.2.7',
  port: 443,
  protocol: 'https',
  traceId: '1-695660c0-0123456789abcdef01234567',
} as const;

test('writes the downstream connection when it rewrites', () => {
  const { request } = applyEdgeTo(['Host', 'h'], { frontEnd: 'rewrite', downstream: DOWNSTREAM });
  expect(request.headers).toEqual([
    'Host',
    'h',
    'x-forwarded-for',
    '192.0.2.7',
    'x-forwarded-port',
    '443',
    'x-forwarded-proto',
    'https',
    'x-amzn-trace-id',
    'Root=1-695660c0-0123456789abcdef01234567',
  ]);
});

test('appends to what is there when it rewrites, and tells each change', () => {
  const headers = ['X-Forwarded-For', '10.0.0.1', 'x-forwarded-for', '10.0.0.2', 'X-Forwarded-Proto', 'http'];
  const { request, changes } = applyEdgeTo([...headers, 'X-Forwarded-Port', '443', 'X-Amzn-Trace-Id', 'Root=1-a'], {
    frontEnd: 'rewrite',
    downstream: DOWNSTREAM,
  });
  expect(request.headers).toEqual([
    'X-Forwarded-For',
    '10.0.0.1, 10.0.0.2, 192.0.2.7',
    'X-Forwarded-Proto',
    'https',
    'X-Forwarded-Port',
    '443',
    'X-Amzn-Trace-Id',
    'Self=1-695660c0-0123456789abcdef01234567;Root=1-a',
  ]);
  expect(changes.map(({ header, from, isApplied }) => [header, from, isApplied])).toEqual([
    ['x-forwarded-for', '10.0.0.1, 10.0.0.2', true],
    ['x-forwarded-proto', 'http', true],
    ['x-amzn-trace-id', 'Root=1-a', true],
  ]);
});

test('reports a signed header and leaves it when it warns', () => {
  const headers = [
    'X-Forwarded-For',
    '10.0.0.1',
    'X-Forwarded-Proto',
    'http',
    'Authorization',
    'AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host;x-forwarded-for, Signature=b',
  ];
  expect(applyEdgeTo(headers, { frontEnd: 'warn', downstream: DOWNSTREAM })).toMatchObject({
    request: { headers },
    changes: [
      {
        rule: 'forwarded-headers',
        header: 'x-forwarded-for',
        from: '10.0.0.1',
        to: '10.0.0.1, 192.0.2.7',
        evidence: 'assumed',
        isApplied: false,
      },
    ],
  });
});

test('does nothing when it is off', () => {
  expect(applyEdgeTo(['X-Forwarded-For', '10.0.0.1'], { downstream: DOWNSTREAM }).changes).toEqual([]);
});
