import type { JsonObject } from '@bufbuild/protobuf';
import { createManager, downstreamTls, routesTo } from '../bootstrap.ts';
import type { CallerRequest, Suite } from '../types.ts';
import { get, http1 } from './requests.ts';

const ROUTES: JsonObject = routesTo(
  { match: { prefix: '/h2c' }, route: { cluster: 'h2c' } },
  {
    match: { prefix: '/retry' },
    route: {
      cluster: 'h2c',
      retry_policy: { retry_on: 'refused-stream', retry_back_off: { base_interval: '0.001s' } },
    },
  },
  { match: { prefix: '/none' }, route: { cluster: 'empty' } },
  { match: { prefix: '/short' }, route: { cluster: 'plain', timeout: '0.1s' } },
  { match: { prefix: '/direct' }, direct_response: { status: 200, body: { inline_string: 'direct' } } },
  {
    match: { prefix: '/protocol' },
    route: { cluster: 'plain' },
    request_headers_to_add: [{ header: { key: 'x-protocol', value: '%PROTOCOL%' } }],
  },
  { match: { prefix: '/plain' }, route: { cluster: 'plain' } },
);

function h2(path: string, more: readonly (readonly [string, string])[] = [], body?: string): CallerRequest {
  const method = body === undefined ? 'GET' : 'POST';
  const pseudo = [
    [':method', method],
    [':path', path],
    [':scheme', 'http'],
    [':authority', 'example.com'],
  ] as const;
  const names = new Set(more.map(([name]) => name));
  return { h2: [...pseudo.filter(([name]) => !names.has(name)), ...more], ...(body === undefined ? {} : { body }) };
}

export const http2: Suite = {
  name: 'HTTP/2',
  listeners: {
    plain: { manager: { route_config: ROUTES } },
    strict: {
      manager: { route_config: ROUTES, normalize_path: true, strip_any_host_port: true, use_remote_address: true },
    },
    tls: {
      listener: {
        filter_chains: [
          {
            transport_socket: downstreamTls('server', { common_tls_context: { alpn_protocols: ['h2', 'http/1.1'] } }),
            filters: [createManager({ route_config: ROUTES })],
          },
        ],
      },
    },
    http1: { manager: { codec_type: 'HTTP1', route_config: ROUTES } },
  },
  cases: [
    { name: 'to HTTP/1', request: h2('/plain?a=b') },
    { name: 'to HTTP/1, with a body', request: h2('/plain', [], 'body') },
    { name: 'to HTTP/1, with a body and a length', request: h2('/plain', [['content-length', '4']], 'body') },
    { name: 'to HTTP/2', request: h2('/h2c?a=b') },
    { name: 'to HTTP/2, with a body', request: h2('/h2c', [], 'body') },
    { name: 'to HTTP/2, with a body and a length', request: h2('/h2c', [['content-length', '4']], 'body') },
    { name: 'HTTP/1 to HTTP/2', request: get('/h2c', 'x-a: 1') },
    { name: 'HTTP/1 to HTTP/2, with a body', request: http1('POST /h2c', [], 'body') },
    {
      name: 'HTTP/1 to HTTP/2, chunked',
      request: http1('POST /h2c', ['transfer-encoding: chunked'], '4\r\nbody\r\n0\r\n\r\n'),
    },
    {
      name: 'HTTP/1 to HTTP/2, hop headers',
      request: get('/h2c', 'connection: keep-alive', 'keep-alive: 1', 'te: trailers', 'proxy-connection: x'),
    },
    { name: 'HTTP/1 to HTTP/2, host', request: get('/h2c', 'host: named.example:9080') },
    { name: 'HTTP/1 to HTTP/2, HEAD', request: http1('HEAD /h2c') },
    {
      name: 'two cookies',
      request: h2('/plain', [
        ['cookie', 'a=1'],
        ['cookie', 'b=2'],
      ]),
    },
    {
      name: 'two cookies to HTTP/2',
      request: h2('/h2c', [
        ['cookie', 'a=1'],
        ['cookie', 'b=2'],
      ]),
    },
    { name: 'te trailers', request: h2('/plain', [['te', 'trailers']]) },
    { name: 'host header beside the authority', request: h2('/plain', [['host', 'other.example']]) },
    {
      name: 'host header in place of the authority',
      request: {
        h2: [
          [':method', 'GET'],
          [':path', '/plain'],
          [':scheme', 'http'],
          ['host', 'other.example'],
        ],
      },
    },
    { name: 'scheme https', request: h2('/plain', [[':scheme', 'https']]) },
    { name: 'scheme https to HTTP/2', request: h2('/h2c', [[':scheme', 'https']]) },
    { name: 'authority with a port', listener: 'strict', request: h2('/plain', [[':authority', 'example.com:9080']]) },
    { name: 'path normalised', listener: 'strict', request: h2('/plain/../plain/x') },
    { name: 'HEAD', request: h2('/plain', [[':method', 'HEAD']]) },
    { name: 'direct response', request: h2('/direct') },
    { name: 'no route', request: h2('/nothing') },
    { name: 'no endpoint', request: h2('/none') },
    { name: 'timeout', request: h2('/short'), answers: [{ delayMs: 300 }] },
    { name: 'protocol substitution', request: h2('/protocol') },
    {
      name: 'answer headers',
      request: h2('/plain'),
      answers: [{ headers: ['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'connection', 'close', 'x-a', '1'] }],
    },
    { name: 'answer 204', request: h2('/plain'), answers: [{ status: 204 }] },
    {
      name: 'answer in chunks',
      request: h2('/plain'),
      answers: [{ headers: ['transfer-encoding', 'chunked'], body: 'chunks' }],
    },
    {
      name: 'answer cut off',
      request: h2('/plain'),
      answers: [{ raw: 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok' }],
    },
    { name: 'upstream refuses the stream', request: get('/h2c'), answers: [{ reset: true, code: 7 }] },
    {
      name: 'upstream refuses the stream, retried',
      request: get('/retry'),
      answers: [
        { reset: true, code: 7 },
        { status: 200, body: 'recovered' },
      ],
    },
    { name: 'upstream resets the stream', request: get('/h2c'), answers: [{ reset: true, code: 2 }] },
    { name: 'upstream cancels the stream', request: get('/h2c'), answers: [{ reset: true, code: 8 }] },
    {
      name: 'answer of HTTP/2 with headers',
      request: get('/h2c'),
      answers: [{ status: 201, headers: ['x-up', '1', 'content-length', '3'], body: 'abc' }],
    },
    {
      name: 'over TLS',
      listener: 'tls',
      request: h2('/plain', [[':scheme', 'https']]),
      tls: { servername: 'server.example', alpn: ['h2'] },
    },
    {
      name: 'HTTP/1 over TLS beside it',
      listener: 'tls',
      request: get('/plain'),
      tls: { servername: 'server.example', alpn: ['http/1.1'] },
    },
    { name: 'over TLS without ALPN', listener: 'tls', request: get('/plain'), tls: { servername: 'server.example' } },
    { name: 'to a listener for HTTP/1 alone', listener: 'http1', request: { frames: [] } },
  ],
};
