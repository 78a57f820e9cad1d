import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { JsonObject } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import type { Connection } from '#core/connection.ts';
import { eventsOfType } from '#core/timeline.ts';
import { UpstreamError, type UpstreamErrorFacts } from '#signing-proxy/upstreams/upstream-error.ts';
import {
  createHttpRig,
  createScriptedCluster,
  inlineRoutes,
  ROUTER,
  type HttpRigOptions,
  type ScriptedAnswer,
} from '../support/http-rig.ts';

const toCluster = (action: JsonObject = {}, virtualHost: JsonObject = {}): JsonObject => ({
  route_config: {
    virtual_hosts: [
      {
        name: 'all',
        domains: ['*'],
        routes: [{ name: 'r', match: { prefix: '/' }, route: { cluster: 'c', ...action } }],
        ...virtualHost,
      },
    ],
  },
});

type Script = (index: number) => ScriptedAnswer | Promise<ScriptedAnswer>;

function createRig(script: Script, options: HttpRigOptions & { action?: JsonObject; virtualHost?: JsonObject } = {}) {
  const cluster = createScriptedCluster('c', (_, index) => script(index));
  const routes = options.manager?.['rds'] === undefined ? toCluster(options.action, options.virtualHost) : {};
  const manager = { ...routes, ...options.manager };
  return { rig: createHttpRig({ ...options, clusters: [cluster], manager }), cluster };
}

const never = (): Promise<never> => new Promise(() => undefined);
const fail = (facts: Partial<UpstreamErrorFacts>): never => {
  throw new UpstreamError({ reason: 'connection failure', flag: 'UF', retryKind: 'connect-failure', ...facts });
};

const testReply = (
  name: string,
  options: HttpRigOptions & { script?: Script; action?: JsonObject },
  expected: { status: number; body: string; flags: string; detail: string },
) =>
  test(`answers ${name} with ${expected.status} ${expected.detail}`, async () => {
    const { rig } = createRig(options.script ?? (() => ({})), options);
    using _ = rig;
    const answered = await rig.call({ path: '/x' });
    const hop = eventsOfType(rig.context.timeline.events(), 'hop').at(-1);
    expect({ status: answered.status, body: answered.body }).toEqual({ status: expected.status, body: expected.body });
    expect(hop?.answeredLocally).toEqual({ status: expected.status, flags: expected.flags, detail: expected.detail });
    expect(answered.headers['content-type']).toBe(expected.body === '' ? undefined : 'text/plain');
    expect(answered.headers['content-length']).toBe(String(expected.body.length));
  });

const CONNECT_ERROR = 'upstream connect error or disconnect/reset before headers. ';

testReply(
  'no route',
  { manager: { route_config: inlineRoutes() } },
  { status: 404, body: '', flags: 'NR', detail: 'route_not_found' },
);
testReply(
  'a table that has not come yet',
  { manager: { rds: { route_config_name: 'http.80' } } },
  { status: 404, body: '', flags: 'NR', detail: 'route_not_found' },
);
testReply(
  'an unknown cluster',
  { action: { cluster: 'gone' } },
  { status: 503, body: '', flags: 'NC', detail: 'cluster_not_found' },
);
testReply(
  'an unknown cluster as told',
  { action: { cluster: 'gone', cluster_not_found_response_code: 'NOT_FOUND' } },
  { status: 404, body: '', flags: 'NC', detail: 'cluster_not_found' },
);
testReply(
  'no healthy endpoint',
  { script: () => fail({ flag: 'UH', reason: 'no healthy upstream', retryKind: 'none' }) },
  { status: 503, body: 'no healthy upstream', flags: 'UH', detail: 'no_healthy_upstream' },
);
testReply(
  'a failed connect',
  { script: () => fail({}) },
  {
    status: 503,
    body: `${CONNECT_ERROR}reset reason: connection failure`,
    flags: 'UF',
    detail: 'upstream_reset_before_response_started{connection failure}',
  },
);
testReply(
  'a failed handshake',
  { script: () => fail({ transportFailure: 'TLS error: no' }) },
  {
    status: 503,
    body: `${CONNECT_ERROR}reset reason: connection failure, transport failure reason: TLS error: no`,
    flags: 'UF',
    detail: 'upstream_reset_before_response_started{connection failure,TLS error: no}',
  },
);
testReply(
  'a failed connect after a retry',
  { script: () => fail({}), action: { retry_policy: { retry_on: 'connect-failure' } } },
  {
    status: 503,
    body: `${CONNECT_ERROR}retried and the latest reset reason: connection failure`,
    flags: 'UF,URX',
    detail: 'upstream_reset_before_response_started{connection failure}',
  },
);
testReply(
  'a broken connection',
  { script: () => fail({ flag: 'UC', reason: 'connection termination', retryKind: 'reset' }) },
  {
    status: 503,
    body: `${CONNECT_ERROR}reset reason: connection termination`,
    flags: 'UC',
    detail: 'upstream_reset_before_response_started{connection termination}',
  },
);
testReply(
  'a protocol error',
  { script: () => fail({ flag: 'UPE', reason: 'protocol error', retryKind: 'reset' }) },
  {
    status: 502,
    body: `${CONNECT_ERROR}reset reason: protocol error`,
    flags: 'UPE',
    detail: 'upstream_reset_before_response_started{protocol error}',
  },
);
testReply(
  'an overflow',
  { script: () => fail({ flag: 'UO', reason: 'overflow', retryKind: 'none' }) },
  { status: 503, body: `${CONNECT_ERROR}reset reason: overflow`, flags: 'UO', detail: 'overflow' },
);
testReply(
  'a slow upstream',
  { script: never },
  { status: 504, body: 'upstream request timeout', flags: 'UT', detail: 'response_timeout' },
);
testReply(
  'a slow try',
  { script: never, action: { retry_policy: { per_try_timeout: '1s' } } },
  { status: 504, body: 'upstream request timeout', flags: 'UT', detail: 'upstream_per_try_timeout' },
);
testReply(
  'an idle stream',
  { script: never, action: { timeout: '0s' }, manager: { stream_idle_timeout: '7s' } },
  { status: 408, body: 'stream timeout', flags: 'SI', detail: 'stream_idle_timeout' },
);
testReply(
  'a redirected request',
  { manager: { route_config: inlineRoutes({ match: { prefix: '/' }, redirect: { https_redirect: true } }) } },
  { status: 301, body: '', flags: '-', detail: 'direct_response' },
);
testReply(
  'a request that is answered directly',
  {
    manager: {
      route_config: inlineRoutes({
        match: { prefix: '/' },
        direct_response: { status: 418, body: { inline_string: 'teapot' } },
      }),
    },
  },
  { status: 418, body: 'teapot', flags: '-', detail: 'direct_response' },
);
testReply(
  'an injected fault',
  {
    manager: {
      http_filters: [
        {
          name: 'envoy.filters.http.fault',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
            delay: { fixed_delay: '2s', percentage: { numerator: 100 } },
            abort: { http_status: 555, percentage: { numerator: 100 } },
          },
        },
        ROUTER,
      ],
    },
  },
  { status: 555, body: 'fault filter abort', flags: 'DI,FI', detail: 'fault_filter_abort' },
);

test('the 15 s of a route without timeout end at the 15th second', async () => {
  const { rig } = createRig(never);
  using _ = rig;
  const startedAt = rig.context.clock.now();
  await rig.call();
  expect(rig.context.clock.now() - startedAt).toBe(15_000);
});

test('overflow is marked for callers', async () => {
  const { rig } = createRig(() => fail({ flag: 'UO', reason: 'overflow', retryKind: 'none' }));
  using _ = rig;
  expect((await rig.call()).headers['x-envoy-overloaded']).toBe('true');
});

test('retries until an attempt is good enough, and counts', async () => {
  const { rig, cluster } = createRig((index) => (index < 2 ? { status: 503 } : { body: 'ok' }), {
    action: { retry_policy: { retry_on: '5xx', num_retries: 3 } },
    virtualHost: { include_request_attempt_count: true, include_attempt_count_in_response: true },
  });
  using _ = rig;
  const answered = await rig.call({ method: 'POST', body: 'again' });
  expect(answered).toMatchObject({ status: 200, body: 'ok' });
  expect(answered.headers['x-envoy-attempt-count']).toBe('3');
  expect(cluster.sent.map(({ headers, body }) => [headers.get('x-envoy-attempt-count'), body])).toEqual([
    ['1', 'again'],
    ['2', 'again'],
    ['3', 'again'],
  ]);
});

test('a per-try timeout is retried within the global one', async () => {
  const { rig, cluster } = createRig(never, {
    action: { timeout: '35s', retry_policy: { retry_on: '5xx', num_retries: 9, per_try_timeout: '10s' } },
  });
  using _ = rig;
  const startedAt = rig.context.clock.now();
  const answered = await rig.call();
  expect(answered.status).toBe(504);
  expect(cluster.sent).toHaveLength(4);
  const announced = cluster.sent.map(({ headers }) => Number(headers.get('x-envoy-expected-rq-timeout-ms')));
  // The last try is told what is left of the whole, pauses taken off.
  expect(announced.slice(0, 3)).toEqual([10_000, 10_000, 10_000]);
  expect(announced[3]).toBeGreaterThan(4_800);
  expect(announced[3]).toBeLessThanOrEqual(5_000);
  expect(rig.context.clock.now() - startedAt).toBe(35_000);
});

test('a body that is too large to keep is sent once', async () => {
  const { rig, cluster } = createRig(() => ({ status: 503 }), { action: { retry_policy: { retry_on: '5xx' } } });
  using _ = rig;
  const body = 'x'.repeat(1_100_000);
  expect((await rig.call({ method: 'POST', body })).status).toBe(503);
  expect(cluster.sent.map((sent) => sent.body.length)).toEqual([body.length]);
});

test('removes what callers tell the router, and obeys internal ones', async () => {
  const { rig, cluster } = createRig(never);
  using _ = rig;
  const startedAt = rig.context.clock.now();
  const headers = [
    'x-forwarded-for',
    '10.0.0.1',
    'x-envoy-upstream-rq-timeout-ms',
    '3000',
    'x-envoy-upstream-rq-timeout-alt-response',
    '1',
  ];
  expect((await rig.call({ headers })).status).toBe(204);
  expect(rig.context.clock.now() - startedAt).toBe(3000);
  expect(cluster.sent[0]?.headers.has('x-envoy-upstream-rq-timeout-ms')).toBe(false);
});

test('adds, replaces and removes headers in the order of the levels', async () => {
  const add = (value: string, append_action = 'APPEND_IF_EXISTS_OR_ADD') => [
    { header: { key: 'x-a', value }, append_action },
  ];
  const { rig, cluster } = createRig(() => ({ headers: { 'x-up': '1', 'x-remove': '1' } }), {
    manager: {
      route_config: {
        request_headers_to_add: add('table %REQ(:path)% %PROTOCOL%'),
        virtual_hosts: [
          {
            name: 'v',
            domains: ['*'],
            request_headers_to_add: add('host', 'OVERWRITE_IF_EXISTS_OR_ADD'),
            response_headers_to_add: [{ header: { key: 'x-seen', value: '%RESP(x-up)%-%UPSTREAM_CLUSTER%' } }],
            response_headers_to_remove: ['x-remove'],
            routes: [
              {
                match: { prefix: '/' },
                route: { cluster: 'c', prefix_rewrite: '/new', host_rewrite_literal: 'new.com' },
                request_headers_to_add: add('route'),
                request_headers_to_remove: ['x-gone'],
              },
            ],
          },
        ],
      },
    },
  });
  using _ = rig;
  const answered = await rig.call({ path: '/old?q', headers: ['x-a', 'mine', 'x-gone', '1'] });
  const sent = cluster.sent[0]?.headers;
  expect(sent?.getAll('x-a')).toEqual(['host', 'table /old?q HTTP/1.1']);
  expect(sent?.has('x-gone')).toBe(false);
  expect(sent?.get(':authority')).toBe('new.com');
  expect(sent?.get(':path')).toBe('/new' + 'old?q');
  expect(sent?.get('x-envoy-original-path')).toBe('/old?q');
  expect(answered.headers['x-seen']).toBe('1-c');
  expect(answered.headers).not.toHaveProperty('x-remove');
});

test('answers with the headers of Envoy and no others', async () => {
  const { rig } = createRig(
    () => ({ headers: { 'content-length': '2', connection: 'keep-alive', server: 'theirs' }, body: 'ok' }),
    { start: Date.UTC(2026, 0, 1), manager: { server_name: 'istio-envoy' } },
  );
  using _ = rig;
  expect((await rig.call()).rawHeaders).toEqual([
    'content-length',
    '2',
    'server',
    'istio-envoy',
    'x-envoy-upstream-service-time',
    '0',
    'date',
    'Thu, 01 Jan 2026 00:00:00 GMT',
  ]);
});

test('tells the timeline what it changed on the way', async () => {
  const { rig } = createRig(() => ({}), { manager: { strip_any_host_port: true } });
  using _ = rig;
  await rig.call({ headers: ['Host', 'example.com:9080', 'x-request-id', 'id-1', 'Connection', 'keep-alive'] });
  const [hop] = eventsOfType(rig.context.timeline.events(), 'hop');
  expect(hop).toMatchObject({
    hop: 'test',
    kind: 'proxy',
    to: 'c',
    route: 'r',
    received: {
      target: '/',
      headers: ['Host', 'example.com:9080', 'x-request-id', 'id-1', 'Connection', 'keep-alive'],
    },
  });
  expect(hop?.changes).toEqual([
    { rule: 'hop-by-hop', header: 'connection', from: 'keep-alive', to: undefined },
    { rule: 'strip-host-port', header: 'host', from: 'example.com:9080', to: 'example.com' },
    { rule: 'expected-timeout', header: 'x-envoy-expected-rq-timeout-ms', from: undefined, to: '15000' },
    { rule: 'forwarded-proto', header: 'x-forwarded-proto', from: undefined, to: 'http' },
  ]);
  expect(eventsOfType(rig.context.timeline.events(), 'hop-answered')).toMatchObject([
    { hop: 'test', response: { status: 200 }, requestId: 'id-1' },
  ]);
});

test('breaks off when the upstream breaks off in the middle of a body', async () => {
  const body = Readable.from(
    (function* () {
      yield Buffer.from('part');
      throw new UpstreamError({ reason: 'connection termination', flag: 'UC', retryKind: 'reset' });
    })(),
  );
  const { rig } = createRig(() => ({ headers: { 'content-length': '100' }, body }));
  using _ = rig;
  await expect(rig.call()).rejects.toThrow('aborted');
});

test('ends the attempt when the caller goes away', async () => {
  const { rig, cluster } = createRig(never, { action: { timeout: '0s' } });
  using _ = rig;
  const connection = rig.connect();
  connection.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await expect.poll(() => cluster.sent.length).toBe(1);
  connection.destroy();
  await expect.poll(() => cluster.sent[0]?.attempt.signal.aborted).toBe(true);
});

async function sendRaw(options: HttpRigOptions, bytes: string): Promise<string> {
  const { rig } = createRig(() => ({ headers: { 'content-length': '2' }, body: 'ok' }), options);
  using _ = rig;
  const connection = rig.connect();
  connection.write(bytes);
  return (await buffer(connection)).toString('latin1');
}

const testRaw = (name: string, bytes: string, start: string, manager: JsonObject = {}) =>
  test(`on raw bytes: ${name}`, async () => {
    expect(await sendRaw({ manager }, bytes)).toMatch(new RegExp(`^HTTP/1.1 ${start}`));
  });

testRaw('garbage', 'garbage\r\n\r\n', '400 Bad Request\r\ncontent-length: 11\r\n');
testRaw('two lengths', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx', '400');
testRaw(
  'length and chunks',
  'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  '400',
);
testRaw('a head that is too large', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(70_000)}\r\n\r\n`, '431');
testRaw('no host', 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n', '400 ');
testRaw('HTTP/1.0', 'GET / HTTP/1.0\r\nhost: a\r\n\r\n', '426');
testRaw('HTTP/1.0 where it is accepted', 'GET / HTTP/1.0\r\nhost: a\r\n\r\n', '200', {
  http_protocol_options: { accept_http_10: true },
});
testRaw('a target that is no path', 'OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', '404');
testRaw('an absolute target', 'GET http://b.com/x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', '200');
testRaw(
  'an upgrade that is not configured',
  'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n',
  '403',
);
testRaw('a head that comes too late', 'GET / HTTP/1.1\r\n', '408 Request Timeout', { request_headers_timeout: '3s' });
testRaw(
  'a body that comes too late',
  'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nx',
  '408 Request Timeout',
  { request_timeout: '3s' },
);
testRaw('an escaped slash that is refused', 'GET /a%2fb HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', '400', {
  path_with_escaped_slashes_action: 'REJECT_REQUEST',
});

test('answers 100-continue itself and does not pass it on', async () => {
  const { rig, cluster } = createRig(() => ({}));
  using _ = rig;
  const answered = await rig.call({
    method: 'POST',
    headers: ['expect', '100-continue', 'content-length', '2'],
    body: 'hi',
  });
  expect(answered.status).toBe(200);
  expect(cluster.sent[0]?.headers.has('expect')).toBe(false);
});

test('keeps a connection for the next request', async () => {
  const { rig } = createRig(() => ({ headers: { 'content-length': '2' }, body: 'ok' }));
  using _ = rig;
  const connection = rig.connect();
  const received: Buffer[] = [];
  connection.on('data', (chunk: Buffer) => received.push(chunk));
  for (let count = 1; count <= 3; count++) {
    connection.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await expect
      .poll(
        () =>
          Buffer.concat(received)
            .toString()
            .match(/HTTP\/1.1 200 OK/g)?.length,
      )
      .toBe(count);
  }
  expect(Buffer.concat(received).toString()).not.toMatch(/^connection:/im);
});

test('a proxy that stops ends idle connections and closes busy ones after their answer', async () => {
  const answers = new PassThrough();
  const { rig, cluster } = createRig(() => ({ headers: { 'content-length': '2' }, body: answers }), {
    action: { timeout: '0s' },
    manager: { stream_idle_timeout: '0s' },
  });
  using _ = rig;
  const idle = rig.connect();
  const busy = rig.connect();
  idle.write('GET');
  busy.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await expect.poll(() => cluster.sent.length).toBe(1);
  rig.manager.drain('stopping');
  answers.end('ok');
  expect((await buffer(busy)).toString()).toContain('ok');
  expect((await buffer(idle)).toString()).toBe('');
});

test('a replaced listener closes an idle connection with its next answer', async () => {
  const { rig } = createRig(() => ({ headers: { 'content-length': '2' }, body: 'ok' }));
  using _ = rig;
  const connection = rig.connect();
  connection.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  const [first] = await once(connection, 'data');
  expect(String(first)).not.toContain('connection: close');
  if (!String(first).endsWith('ok')) await once(connection, 'data');
  rig.manager.drain('replaced');
  connection.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  expect((await buffer(connection)).toString()).toContain('connection: close');
});

async function callHttp2(connection: Connection, headers: Record<string, string>, body?: string) {
  const session = connectHttp2('http://example.com', { createConnection: () => connection });
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const head = await new Promise<Record<string, unknown>>((resolve, reject) =>
    stream.on('response', resolve).on('error', reject),
  );
  const content = (await buffer(stream)).toString();
  session.close();
  return { head, content };
}

test('serves HTTP/2 on the same listener, found by its first bytes', async () => {
  const { rig, cluster } = createRig(() => ({ status: 201, headers: { 'x-up': '1' }, body: 'over two' }));
  using _ = rig;
  const { head, content } = await callHttp2(
    rig.connect(),
    { ':authority': 'example.com', ':path': '/two', ':method': 'POST', cookie: 'a=1; b=2' },
    'sent',
  );
  expect(head).toMatchObject({ ':status': 201, 'x-up': '1', server: 'envoy' });
  expect(content).toBe('over two');
  expect(cluster.sent[0]).toMatchObject({ body: 'sent' });
  expect(cluster.sent[0]?.headers.get(':authority')).toBe('example.com');
  expect(cluster.sent[0]?.attempt.downstreamHttpVersion).toBe('2');
});

test('gives local replies over HTTP/2, too', async () => {
  const { rig } = createRig(() => ({}), { manager: { codec_type: 'HTTP2', route_config: inlineRoutes() } });
  using _ = rig;
  const { head, content } = await callHttp2(rig.connect(), { ':path': '/none' });
  expect(head).toMatchObject({ ':status': 404 });
  expect(content).toBe('');
});

const testRefusedManager = (name: string, manager: JsonObject, message: string) =>
  test(`refuses ${name}`, () => {
    expect(() => createHttpRig({ manager })).toThrow(message);
  });

const filter = (name: string, type: string): JsonObject => ({
  name,
  typed_config: { '@type': `type.googleapis.com/${type}` },
});
const EXT_AUTHZ = filter('envoy.filters.http.ext_authz', 'envoy.extensions.filters.http.ext_authz.v3.ExtAuthz');

testRefusedManager(
  'a filter after the router',
  { http_filters: [ROUTER, filter('cors', 'envoy.extensions.filters.http.cors.v3.Cors')] },
  'Error: terminal filter named envoy.filters.http.router of type envoy.filters.http.router must be the last filter in a http filter chain.',
);
testRefusedManager(
  'a chain without router',
  { http_filters: [filter('cors', 'envoy.extensions.filters.http.cors.v3.Cors')] },
  'Error: non-terminal filter named cors of type envoy.filters.http.cors is the last filter in a http filter chain.',
);
testRefusedManager('no filters', { http_filters: [] }, 'the chain needs a terminal filter');
testRefusedManager(
  'a filter that authorises',
  { http_filters: [EXT_AUTHZ, ROUTER] },
  "Didn't find a registered implementation for 'envoy.filters.http.ext_authz' with type URL: 'envoy.extensions.filters.http.ext_authz.v3.ExtAuthz'",
);
testRefusedManager(
  'a filter known by name alone',
  { http_filters: [{ name: 'no.such.filter' }, ROUTER] },
  "Didn't find a registered implementation for name: 'no.such.filter'",
);
testRefusedManager(
  'both ways to strip the port',
  { strip_any_host_port: true, strip_matching_host_port: true },
  'Only one of `strip_matching_host_port` or `strip_any_host_port` can be set.',
);
testRefusedManager(
  'a bad ARN',
  {
    http_filters: [
      filter('envoy.filters.http.aws_lambda', 'envoy.extensions.filters.http.aws_lambda.v3.Config'),
      ROUTER,
    ],
  },
  'ConfigValidationError.Arn: value length must be at least 1 characters',
);

test('accepts what Istio puts into every chain, and names what does nothing', () => {
  const wasm = {
    name: 'istio.metadata_exchange',
    typed_config: {
      '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct',
      type_url: 'type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm',
      value: {
        config: {
          vm_config: { runtime: 'envoy.wasm.null', code: { local: { inline_string: 'envoy.wasm.metadata_exchange' } } },
        },
      },
    },
  };
  const optional = { ...EXT_AUTHZ, is_optional: true };
  using rig = createHttpRig({
    manager: { http_filters: [wasm, optional, { name: 'envoy.filters.http.cors' }, ROUTER] },
  });
  expect(rig.manager.ignoredFilters).toEqual(['istio.metadata_exchange', 'envoy.filters.http.ext_authz']);
});

test('answers preflight requests and marks answers for the origins of a policy', async () => {
  const policy = {
    allow_origin_string_match: [{ exact: 'https://a.com' }],
    allow_methods: 'GET',
    max_age: '60',
    allow_credentials: true,
    expose_headers: 'x-b',
  };
  const cors = filter('envoy.filters.http.cors', 'envoy.extensions.filters.http.cors.v3.Cors');
  const { rig, cluster } = createRig(() => ({}), {
    action: { cors: policy },
    manager: { http_filters: [cors, ROUTER] },
  });
  using _ = rig;
  const preflight = await rig.call({
    method: 'OPTIONS',
    headers: ['origin', 'https://a.com', 'access-control-request-method', 'GET'],
  });
  expect(preflight.headers).toMatchObject({
    'access-control-allow-origin': 'https://a.com',
    'access-control-allow-methods': 'GET',
    'access-control-max-age': '60',
  });
  expect(cluster.sent).toHaveLength(0);
  const simple = await rig.call({ headers: ['origin', 'https://a.com'] });
  expect(simple.headers).toMatchObject({
    'access-control-allow-origin': 'https://a.com',
    'access-control-expose-headers': 'x-b',
  });
  expect((await rig.call({ headers: ['origin', 'https://evil.com'] })).headers).not.toHaveProperty(
    'access-control-allow-origin',
  );
});
