import { expect, test } from 'vitest';
import type { InProcessHandler } from '#mock-aws/lambda/handler.ts';
import type { TargetGroup } from '#mock-aws/load-balancer/types.ts';
import { startBalancerWorld, type Call } from './support/balancer-world.ts';

const hello: InProcessHandler = () => ({
  statusCode: 200,
  statusDescription: '200 OK',
  isBase64Encoded: false,
  headers: { 'Content-Type': 'text/html; charset=utf-8' },
  body: '<p>Hello World from Lambda</p>',
});

test('answers with what the function returned, and its own Server header', async () => {
  await using world = await startBalancerWorld(hello);
  const answer = await world.call();
  expect(answer).toMatchObject({ status: 200, statusMessage: 'OK', body: '<p>Hello World from Lambda</p>' });
  expect(answer.headers).toEqual({
    server: 'awselb/2.0',
    date: 'Thu, 01 Jan 2026 00:00:00 GMT',
    'content-type': 'text/html; charset=utf-8',
    'content-length': '30',
    connection: 'close',
  });
  expect(world.log()).toMatchObject([{ service: 'elasticloadbalancing', operation: 'alb', status: 200 }]);
});

test('shows its certificate to a client that asks for another name', async () => {
  await using world = await startBalancerWorld(hello);
  expect(await world.handshake('alb.jesus2.solo.io')).toBe('DNS:alb.jesus2.solo.io');
  expect(await world.handshake('other.test')).toBe('DNS:alb.jesus2.solo.io');
});

const throwing: InProcessHandler = () => {
  throw new Error('no');
};
const never: InProcessHandler = () => new Promise(() => {});
const huge: InProcessHandler = () => ({ statusCode: 200, body: 'x'.repeat(1_048_576) });
const longHeader: InProcessHandler = () => ({ statusCode: 200, headers: { x: 'y'.repeat(40_000) } });
const answering =
  (result: unknown): InProcessHandler =>
  () =>
    result;

const INVALID: readonly (readonly [what: string, handler: InProcessHandler, reason: string])[] = [
  ['a plain value', answering('hello'), 'LambdaInvalidResponse'],
  ['a list', answering([]), 'LambdaInvalidResponse'],
  ['no status', answering({ body: 'x' }), 'LambdaInvalidResponse'],
  ['a status that is a string', answering({ statusCode: '200' }), 'LambdaInvalidResponse'],
  ['a status that HTTP has not', answering({ statusCode: 42 }), 'LambdaInvalidResponse'],
  ['a header that is a boolean', answering({ statusCode: 200, headers: { a: true } }), 'LambdaInvalidResponse'],
  ['a header with a line break', answering({ statusCode: 200, headers: { a: 'b\r\nc: d' } }), 'LambdaInvalidResponse'],
  ['a body that is an object', answering({ statusCode: 200, body: {} }), 'LambdaInvalidResponse'],
  ['too many bytes of headers', longHeader, 'LambdaInvalidResponse'],
  ['an error', throwing, 'LambdaUnhandled'],
  ['nothing in time', never, 'LambdaUnhandled'],
  ['more than 1 MB', huge, 'LambdaResponseTooLarge'],
];

test.each(INVALID)('a function that gives %s is a 502', async (_, handler, reason) => {
  await using world = await startBalancerWorld(handler);
  const answer = await world.call();
  expect(answer.status).toBe(502);
  expect(answer.body).toHaveLength(122);
  expect(world.log()).toMatchObject([{ status: 502, code: reason }]);
});

test('the error page is that of the real thing, byte for byte', async () => {
  await using world = await startBalancerWorld(throwing);
  expect(await world.sendRaw('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toBe(
    'HTTP/1.1 502 Bad Gateway\r\nServer: awselb/2.0\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: text/html\r\n' +
      'Content-Length: 122\r\nConnection: close\r\n\r\n' +
      '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n',
  );
});

const REFUSED: readonly (readonly [what: string, call: Call, status: number, reason: string | undefined])[] = [
  ['a body over 1 MB', { method: 'POST', body: Buffer.alloc(1_048_577) }, 413, 'LambdaRequestTooLarge'],
  [
    'text that is not UTF-8',
    { method: 'POST', headers: { 'content-type': 'text/plain' }, body: Buffer.from([0xff, 0xfe]) },
    502,
    'LambdaBadRequest',
  ],
  [
    'a WebSocket upgrade',
    { headers: { connection: 'upgrade', upgrade: 'websocket' } },
    400,
    'LambdaWebsocketNotSupported',
  ],
  ['a URI over 16 K', { path: `/${'x'.repeat(16_384)}` }, 414, undefined],
  ['a header over 16 K', { headers: { a: 'x'.repeat(16_384) } }, 400, undefined],
  [
    'more than 64 K of headers',
    { headers: Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`a${index}`, 'x'.repeat(10_000)])) },
    400,
    undefined,
  ],
  [
    'more than 30 forwarded addresses',
    { headers: { 'x-forwarded-for': Array(31).fill('10.0.0.1').join(', ') } },
    463,
    undefined,
  ],
];

test.each(REFUSED)('%s is refused', async (_, call, status, reason) => {
  await using world = await startBalancerWorld(hello);
  expect(await world.call(call)).toMatchObject({ status });
  expect(world.log()).toEqual([expect.objectContaining({ status, ...(reason !== undefined && { code: reason }) })]);
  expect(world.aws.lambda.invocations()).toEqual([]);
});

const RAW: readonly (readonly [what: string, bytes: string, answer: RegExp])[] = [
  ['bytes that are no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\nServer: awselb\/2\.0/],
  ['an unknown transfer encoding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n', /^HTTP\/1\.1 501 /],
  [
    'a transfer encoding beside chunked',
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    /^HTTP\/1\.1 501 /,
  ],
  ['no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 400 /],
];

test.each(RAW)('%s is answered as malformed, and the balancer lives on', async (_, bytes, answer) => {
  await using world = await startBalancerWorld(hello);
  expect(await world.sendRaw(bytes)).toMatch(answer);
  expect(await world.call()).toMatchObject({ status: 200 });
});

const UNREACHABLE: readonly (readonly [
  what: string,
  targetGroup: TargetGroup,
  status: number,
  reason: string | undefined,
])[] = [
  ['no registered target', { name: 'empty', functionName: undefined }, 503, undefined],
  ['no permission', { name: 'a', functionName: 'hello', isPermitted: false }, 502, 'LambdaAccessDenied'],
  ['a function that is gone', { name: 'a', functionName: 'gone' }, 502, 'LambdaResourceNotFound'],
];

test.each(UNREACHABLE)('%s is answered by the balancer', async (_, targetGroup, status, reason) => {
  await using world = await startBalancerWorld(hello, { targetGroup });
  expect(await world.call()).toMatchObject({ status });
  expect(world.log()).toMatchObject([{ status, ...(reason !== undefined && { code: reason }) }]);
});

test('a throttled function is a 502', async () => {
  await using world = await startBalancerWorld(hello);
  world.aws.lambda.setReservedConcurrency('hello', 0);
  expect(await world.call()).toMatchObject({ status: 502 });
  expect(world.log()).toMatchObject([{ code: 'LambdaThrottling' }]);
});

test('a Lambda service that does not answer the connect is given up after ten seconds', async () => {
  const connectToLambda = (signal: AbortSignal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  await using world = await startBalancerWorld(hello, { connectToLambda });
  const startedAt = world.clock.now();
  expect(await world.call()).toMatchObject({ status: 504 });
  expect(world.clock.now() - startedAt).toBe(10_000);
  expect(world.log()).toMatchObject([{ code: 'LambdaConnectionTimeout' }]);
});

test('a client that leaves early is logged as 460', async () => {
  const leave = new AbortController();
  await using world = await startBalancerWorld(() => {
    leave.abort();
    return new Promise(() => {});
  });
  await expect(world.call({ signal: leave.signal })).rejects.toThrow(/aborted/);
  await world.clock.sleep(1);
  expect(world.log()).toMatchObject([{ status: 460 }]);
});

test('a connection without a request is closed after 60 seconds', async () => {
  await using world = await startBalancerWorld(hello);
  const startedAt = world.clock.now();
  expect(await world.sendRaw('')).toBe('');
  expect(world.clock.now() - startedAt).toBe(60_000);
});
