import { expect, test } from 'vitest';
import { speakGrpc } from '#signing-proxy/http/grpc-reply.ts';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';

const CALLER = HeaderMap.from([['content-type', 'application/grpc+proto']]);

const answer = (status: number, body = '') => speakGrpc({ status, body, details: 'test' }, CALLER);

test.each([
  [400, '13'],
  [401, '16'],
  [403, '7'],
  [404, '12'],
  [429, '14'],
  [500, '2'],
  [503, '14'],
  [504, '14'],
])('tells a caller of gRPC of a %i as status %s', (status, expected) => {
  expect(answer(status)).toEqual({
    status: 200,
    body: '',
    details: 'test',
    headers: [
      ['content-type', 'application/grpc'],
      ['grpc-status', expected],
    ],
  });
});

test('puts the text into a header that holds it', () => {
  expect(answer(503, '100% ~ of\nthem').headers?.at(-1)).toEqual(['grpc-message', '100%25 %7E of%0Athem']);
});

test('keeps other headers, and answers that speak gRPC already', () => {
  const overloaded = { status: 503, body: 'x', details: '', headers: [['x-envoy-overloaded', 'true']] as const };
  expect(speakGrpc(overloaded, CALLER).headers?.[0]).toEqual(['x-envoy-overloaded', 'true']);
  const spoken = { status: 200, body: '', details: '', headers: [['grpc-status', '5']] as const };
  expect(speakGrpc(spoken, CALLER)).toBe(spoken);
});

test('leaves other callers alone', () => {
  const reply = { status: 503, body: 'no healthy upstream', details: '' };
  expect(speakGrpc(reply, HeaderMap.from([['content-type', 'application/grpc-web']]))).toBe(reply);
  expect(speakGrpc(reply, HeaderMap.empty())).toBe(reply);
});
