import { expect, test } from 'vitest';
import { createTargetAnswer } from '#mock-aws/load-balancer/target-answer.ts';
import { createTargetEvent } from '#mock-aws/load-balancer/target-event.ts';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';

const OPTIONS = {
  targetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/hello/6d0ecf831eec9f09',
  hasMultiValueHeaders: false,
  client: { address: '72.21.198.66', port: 443, protocol: 'https' as const },
  traceRoot: 'Root=1-69557b80-0123456789abcdef01234567',
};

function request(changes: Partial<ReceivedRequest> = {}): ReceivedRequest {
  return {
    method: 'GET',
    target: '/',
    httpVersion: '1.1',
    headers: ['Host', 'alb.test'],
    body: Buffer.alloc(0),
    ...changes,
  };
}

test('an event has the documented form', () => {
  expect(createTargetEvent(request({ target: '/hello-world?a=1%202&a=2&b' }), OPTIONS)).toEqual({
    requestContext: { elb: { targetGroupArn: OPTIONS.targetGroupArn } },
    httpMethod: 'GET',
    path: '/hello-world',
    queryStringParameters: { a: '2', b: '' },
    headers: {
      host: 'alb.test',
      'x-amzn-trace-id': OPTIONS.traceRoot,
      'x-forwarded-for': '72.21.198.66',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    body: '',
    isBase64Encoded: false,
  });
});

test('in multi-value mode both maps hold lists, undecoded', () => {
  const headers = ['Host', 'alb.test', 'Cookie', 'a=1', 'cookie', 'b=2'];
  const event = createTargetEvent(request({ target: '/?a=1%202&a=2', headers }), {
    ...OPTIONS,
    hasMultiValueHeaders: true,
  });
  expect(event).toMatchObject({
    multiValueQueryStringParameters: { a: ['1%202', '2'] },
    multiValueHeaders: { host: ['alb.test'], cookie: ['a=1', 'b=2'] },
  });
  expect(event).not.toHaveProperty('headers');
});

test.each([
  ['text/plain', 'héllo'],
  ['application/json; charset=utf-8', '{}'],
  ['application/javascript', 'x'],
  ['application/xml', '<a/>'],
])('a body of type %s is passed as text', (type, body) => {
  const received = request({ headers: ['Host', 'a', 'Content-Type', type], body: Buffer.from(body) });
  expect(createTargetEvent(received, OPTIONS)).toMatchObject({ body, isBase64Encoded: false });
});

test.each([
  [['Content-Type', 'application/octet-stream']],
  [['Content-Type', 'application/jsonp']],
  [['Content-Type', 'text/plain', 'Content-Encoding', 'identity']],
  [[]],
])('a body with the headers %j is passed in base64', (headers) => {
  const received = request({ headers: ['Host', 'a', ...headers], body: Buffer.from('x') });
  expect(createTargetEvent(received, OPTIONS)).toMatchObject({ body: 'eA==', isBase64Encoded: true });
});

test.each([
  ['a:443', 443, 'a'],
  ['a:9080', 80, 'a'],
  ['a', 8080, 'a:8080'],
  ['a:9', 8080, 'a:9'],
])('the Host %s on port %i reaches the function as %s', (host, port, expected) => {
  const options = { ...OPTIONS, client: { ...OPTIONS.client, port } };
  expect(createTargetEvent(request({ headers: ['Host', host] }), options)).toMatchObject({
    headers: { host: expected },
  });
});

test('forwarded headers and a trace are extended', () => {
  const trace = 'Root=1-00000000-000000000000000000000000';
  const headers = ['Host', 'a', 'X-Forwarded-For', '10.1.1.1', 'X-Forwarded-Proto', 'http', 'X-Amzn-Trace-Id', trace];
  expect(createTargetEvent(request({ headers }), OPTIONS)).toMatchObject({
    headers: {
      'x-forwarded-for': '10.1.1.1, 72.21.198.66',
      'x-forwarded-proto': 'https',
      'x-amzn-trace-id': `Self=1-69557b80-0123456789abcdef01234567;${trace}`,
    },
  });
});

test('a header that is not UTF-8 makes no event', () => {
  expect(createTargetEvent(request({ headers: ['Host', 'a', 'X', '\xff'] }), OPTIONS)).toBeUndefined();
});

const returned = (result: unknown) =>
  ({ kind: 'returned', payload: JSON.stringify(result), durationMs: 1, initDurationMs: undefined, log: [] }) as const;

test('a result in base64 is decoded, hop-by-hop headers are dropped', () => {
  const headers = {
    'Content-Type': 'image/png',
    Connection: 'close',
    'Content-Length': '99',
    'Transfer-Encoding': 'chunked',
  };
  const result = { statusCode: 201, statusDescription: '201 Made', headers, body: 'iVA=', isBase64Encoded: true };
  expect(createTargetAnswer(returned(result), false)).toEqual({
    status: 201,
    reasonPhrase: 'Made',
    headers: ['Content-Type', 'image/png'],
    body: Buffer.from([0x89, 0x50]),
  });
});

test('in multi-value mode only multiValueHeaders count', () => {
  const result = { statusCode: 200, headers: { a: 'b' }, multiValueHeaders: { 'Set-Cookie': ['a', 'b'] } };
  expect(createTargetAnswer(returned(result), true)).toMatchObject({
    headers: ['Set-Cookie', 'a', 'Set-Cookie', 'b', 'Content-Type', 'application/octet-stream'],
  });
  expect(createTargetAnswer(returned({ statusCode: 200, multiValueHeaders: { a: 'b' } }), true)).toEqual({
    status: 502,
    reason: 'LambdaInvalidResponse',
  });
});
