import type { JsonObject } from '@bufbuild/protobuf';
import { createManager, lambda, ROUTER, routesTo } from '../bootstrap.ts';
import type { CallerRequest, ConformanceCase, Suite } from '../types.ts';
import { get, http1 } from './requests.ts';

const LIMIT_BYTES = 10_000;

/** A filter that has to see whole bodies on a listener that holds few bytes. */
function buffering(manager: JsonObject = {}, route: JsonObject = {}): { listener: JsonObject } {
  return {
    listener: {
      per_connection_buffer_limit_bytes: LIMIT_BYTES,
      filter_chains: [
        {
          filters: [
            createManager({
              http_filters: [lambda({ payload_passthrough: true }), ROUTER],
              route_config: routesTo({
                match: { prefix: '/' },
                route: { cluster: 'lambda', host_rewrite_literal: 'lambda.us-east-1.amazonaws.com' },
                ...route,
              }),
              ...manager,
            }),
          ],
        },
      ],
    },
  };
}

/** A route that keeps bodies to send them again. */
function retrying(limitBytes: number): { listener: JsonObject } {
  const route: JsonObject = {
    match: { prefix: '/' },
    per_request_buffer_limit_bytes: limitBytes,
    route: { cluster: 'plain', retry_policy: { retry_on: '5xx', retry_back_off: { base_interval: '0.001s' } } },
  };
  return { listener: { filter_chains: [{ filters: [createManager({ route_config: routesTo(route) })] }] } };
}

function post(size: number): CallerRequest {
  return http1('POST /', [], 'x'.repeat(size));
}

function postChunked(size: number): CallerRequest {
  return http1('POST /', ['transfer-encoding: chunked'], `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n0\r\n\r\n`);
}

function postHttp2(size: number): CallerRequest {
  const head = [
    [':method', 'POST'],
    [':path', '/'],
    [':scheme', 'http'],
    [':authority', 'example.com'],
  ] as const;
  return { h2: head, body: 'x'.repeat(size) };
}

const GETS_500 = { answers: [{ status: 500 }, { status: 200 }] };

const HEADERS: ConformanceCase[] = [59_000, 62_000, 200_000].map((size) => ({
  name: `headers of ${size} bytes`,
  listener: 'plain',
  request: get('/', `x-filler: ${'x'.repeat(size)}`),
}));

/** Bodies and headers at the limits that a configuration sets. */
export const sizes: Suite = {
  name: 'sizes',
  listeners: {
    // Closed at once with bytes unread, the connection would now and then be reset.
    buffering: buffering({ delayed_close_timeout: '1s' }),
    'route with a limit': buffering({}, { per_request_buffer_limit_bytes: 100 }),
    'small window': buffering({ http2_protocol_options: { initial_stream_window_size: 65_535 } }),
    retrying: retrying(100),
    plain: { manager: { route_config: routesTo({ match: { prefix: '/' }, route: { cluster: 'plain' } }) } },
    'small headers': {
      manager: {
        max_request_headers_kb: 2,
        route_config: routesTo({ match: { prefix: '/' }, route: { cluster: 'plain' } }),
      },
    },
  },
  cases: [
    { name: 'a body within the limit', request: post(9_000) },
    { name: 'a body over the limit', request: post(30_000) },
    { name: 'a body over the limit, in chunks', request: postChunked(30_000) },
    { name: 'a body over the limit of its route alone', listener: 'route with a limit', request: post(9_000) },
    { name: 'a body over the limit, HTTP/2', request: postHttp2(30_000) },
    { name: 'a body over the window, HTTP/2', listener: 'small window', request: postHttp2(100_000) },
    { name: 'an answer over the limit', request: get('/'), answers: [{ body: 'x'.repeat(30_000) }] },
    { name: 'retry of a small body', listener: 'retrying', request: post(90), ...GETS_500 },
    { name: 'no retry of a larger body', listener: 'retrying', request: post(9_000), ...GETS_500 },
    { name: 'no retry of a larger body in chunks', listener: 'retrying', request: postChunked(9_000), ...GETS_500 },
    ...HEADERS,
    { name: 'headers over a small limit', listener: 'small headers', request: get('/', `x: ${'x'.repeat(3_000)}`) },
    {
      name: 'headers over a small limit in many',
      listener: 'small headers',
      request: get('/', ...Array<string>(40).fill(`x: ${'x'.repeat(90)}`)),
    },
    { name: 'a target over the limit', listener: 'small headers', request: get(`/${'x'.repeat(3_000)}`) },
  ],
};
