import { expect, test } from 'vitest';
import { findGrpcTimeout } from '#signing-proxy/filters/router/grpc-timeout.ts';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';

const grpc = (timeout?: string) =>
  HeaderMap.from([
    ['content-type', 'application/grpc+proto'],
    ...(timeout === undefined ? [] : ([['grpc-timeout', timeout]] as const)),
  ]);

const ANY = { maxMs: 0, offsetMs: 0 };

test.each([
  ['1H', 3_600_000],
  ['2M', 120_000],
  ['3S', 3000],
  ['4m', 4],
  ['1500u', 2],
  ['1n', 1],
  ['', 0],
  ['123456789S', 0],
  ['1s', 0],
])('reads a grpc-timeout of %j as %i ms', (text, expected) => {
  expect(findGrpcTimeout(ANY, grpc(text))).toBe(expected);
});

test('keeps within the limit of the route, where 0 is for ever', () => {
  expect(findGrpcTimeout({ maxMs: 2000, offsetMs: 0 }, grpc('3S'))).toBe(2000);
  expect(findGrpcTimeout({ maxMs: 2000, offsetMs: 0 }, grpc('1S'))).toBe(1000);
  expect(findGrpcTimeout({ maxMs: 2000, offsetMs: 0 }, grpc())).toBe(2000);
  expect(findGrpcTimeout(ANY, grpc())).toBe(0);
});

test('takes an offset off, unless nothing would be left', () => {
  expect(findGrpcTimeout({ maxMs: 0, offsetMs: 100 }, grpc('1S'))).toBe(900);
  expect(findGrpcTimeout({ maxMs: 0, offsetMs: 1000 }, grpc('1S'))).toBe(1000);
});

test('has nothing to say about other requests', () => {
  const headers = HeaderMap.from([
    ['content-type', 'application/json'],
    ['grpc-timeout', '1S'],
  ]);
  expect(findGrpcTimeout(ANY, headers)).toBeUndefined();
  expect(findGrpcTimeout(ANY, HeaderMap.from([['content-type', 'application/grpc-web']]))).toBeUndefined();
});
