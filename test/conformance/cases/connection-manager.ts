import type { JsonObject } from '@bufbuild/protobuf';
import { routeAll } from '../bootstrap.ts';
import type { ConformanceCase, Suite } from '../types.ts';
import { get, http1 } from './requests.ts';

const KNOWN_ID = 'x-request-id: 11111111-1111-4111-8111-111111111111';

function manager(fields: JsonObject): { manager: JsonObject } {
  return { manager: { route_config: routeAll({}), ...fields } };
}

function paths(listener: string, targets: readonly string[]): ConformanceCase[] {
  return targets.map((target) => ({ name: `${listener}: ${target}`, listener, request: get(target) }));
}

const HOST_FORMS = [
  'example.com',
  'example.com:9080',
  'example.com:80',
  '[::1]:9080',
  '[::1]',
  'example.com.',
  'example.com.:9080',
  'example.com:',
  'example.com:port',
];

const FORWARDED_FOR: readonly (readonly [string, readonly string[]])[] = [
  ['none', []],
  ['one internal', ['x-forwarded-for: 10.1.1.1']],
  ['one external', ['x-forwarded-for: 8.8.8.8']],
  ['two', ['x-forwarded-for: 8.8.8.8, 10.1.1.1']],
  ['three', ['x-forwarded-for: 1.1.1.1,8.8.8.8,9.9.9.9']],
  ['not an address', ['x-forwarded-for: unknown']],
  ['two headers', ['x-forwarded-for: 8.8.8.8', 'x-forwarded-for: 9.9.9.9']],
];

const SPOOFED = [
  'x-envoy-internal: true',
  'x-envoy-external-address: 1.2.3.4',
  'x-envoy-retry-on: 5xx',
  'x-envoy-max-retries: 3',
  'x-envoy-upstream-rq-timeout-ms: 5000',
  'x-envoy-expected-rq-timeout-ms: 77',
  'x-envoy-force-trace: true',
  'x-envoy-downstream-service-cluster: c',
  'x-envoy-downstream-service-node: n',
  'x-envoy-decorator-operation: op',
  'x-envoy-original-path: /x',
  'x-forwarded-proto: https',
  'x-forwarded-host: h',
  'x-forwarded-port: 444',
];

export const connectionManager: Suite = {
  name: 'connection manager',
  listeners: {
    plain: manager({}),
    edge: manager({ use_remote_address: true }),
    'edge-one-hop': manager({ use_remote_address: true, xff_num_trusted_hops: 1 }),
    'edge-skips-append': manager({ use_remote_address: true, skip_xff_append: true }),
    'one-hop': manager({ xff_num_trusted_hops: 1 }),
    'external-edge': manager({
      use_remote_address: true,
      internal_address_config: { cidr_ranges: [{ address_prefix: '203.0.113.0', prefix_len: 24 }] },
    }),
    'strip-any': manager({ strip_any_host_port: true }),
    'strip-matching': manager({ strip_matching_host_port: true }),
    'strip-dot': manager({ strip_trailing_host_dot: true }),
    normalize: manager({ normalize_path: true }),
    merge: manager({ normalize_path: true, merge_slashes: true }),
    'merge-only': manager({ merge_slashes: true }),
    'reject-escaped': manager({ normalize_path: true, path_with_escaped_slashes_action: 'REJECT_REQUEST' }),
    'forward-unescaped': manager({ normalize_path: true, path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD' }),
    'redirect-unescaped': manager({ normalize_path: true, path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT' }),
    'keep-escaped': manager({ normalize_path: true, path_with_escaped_slashes_action: 'KEEP_UNCHANGED' }),
    'no-request-id': manager({ generate_request_id: false }),
    'preserve-id': manager({ use_remote_address: true, xff_num_trusted_hops: 1, preserve_external_request_id: true }),
    'answer-id': manager({ always_set_request_id_in_response: true }),
    'server-name': manager({ server_name: 'gateway' }),
    'server-absent': manager({ server_header_transformation: 'APPEND_IF_ABSENT' }),
    'server-pass': manager({ server_header_transformation: 'PASS_THROUGH' }),
    via: manager({ via: 'meshrig' }),
    'forwarded-port': manager({ append_x_forwarded_port: true }),
    'user-agent': manager({ add_user_agent: true }),
    'small-headers': manager({ max_request_headers_kb: 1 }),
    'proxy-continue': manager({ proxy_100_continue: true }),
    'http-10': manager({
      http_protocol_options: { accept_http_10: true, default_host_for_http_10: 'default.example' },
    }),
    'no-absolute': manager({ http_protocol_options: { allow_absolute_url: false } }),
    'proper-case': manager({ http_protocol_options: { header_key_format: { proper_case_words: {} } } }),
    websocket: manager({ upgrade_configs: [{ upgrade_type: 'websocket' }] }),
  },
  cases: [
    ...HOST_FORMS.flatMap((host) =>
      ['plain', 'strip-any', 'strip-matching', 'strip-dot'].map((listener) => ({
        name: `${listener}: host ${host}`,
        listener,
        request: get('/', `host: ${host}`),
      })),
    ),
    ...paths('plain', [
      '/a/../b',
      '/a//b',
      '/a%2Fb',
      '/a\\b',
      '/%41',
      '/a?b=/../c',
      '/a;b=1',
      '/ü',
      '/a%zz',
      '//',
      '/?',
    ]),
    ...paths('normalize', [
      '/a/../b',
      '/a/./b',
      '/../../a',
      '/a/..',
      '/a/%2e%2e/b',
      '/a//b',
      '/a\\b',
      '/%41%7e',
      '/a%2fb',
      '/a%zz',
      '/a b',
      '/a/../b?c=/../d',
      '/a%00b',
      '/.',
      '/a/.b',
    ]),
    ...paths('merge', ['/a//b///c', '//a', '/a//../b', '/a//b?c=//d', '//']),
    ...paths('merge-only', ['/a//b/../c']),
    ...paths('reject-escaped', ['/a%2Fb', '/a%5cb', '/a?b=%2F']),
    ...paths('forward-unescaped', ['/a%2Fb', '/a%5cb', '/a%2f..%2fb', '/a?b=%2F']),
    ...paths('redirect-unescaped', ['/a%2Fb?c=1', '/a/b']),
    ...paths('keep-escaped', ['/a%2Fb/../c']),
    ...FORWARDED_FOR.flatMap(([name, headers]) =>
      ['plain', 'edge', 'edge-one-hop', 'edge-skips-append', 'one-hop', 'external-edge'].map((listener) => ({
        name: `${listener}: x-forwarded-for ${name}`,
        listener,
        request: get('/', ...headers, KNOWN_ID),
      })),
    ),
    { name: 'envoy headers of an internal caller', listener: 'edge', request: get('/', ...SPOOFED) },
    { name: 'envoy headers of an external caller', listener: 'external-edge', request: get('/', ...SPOOFED) },
    { name: 'envoy headers of a caller unknown', listener: 'plain', request: get('/', ...SPOOFED) },
    {
      name: 'envoy headers behind one hop',
      listener: 'edge-one-hop',
      request: get('/', ...SPOOFED, 'x-forwarded-for: 8.8.8.8'),
    },
    { name: 'forwarded proto of the caller, inside', listener: 'plain', request: get('/', 'x-forwarded-proto: https') },
    { name: 'forwarded proto that is none', listener: 'plain', request: get('/', 'x-forwarded-proto: ftp') },
    { name: 'request id generated', listener: 'plain', request: get('/') },
    { name: 'request id generated at the edge', listener: 'external-edge', request: get('/') },
    { name: 'request id that is no uuid', listener: 'plain', request: get('/', 'x-request-id: mine') },
    { name: 'request id not generated', listener: 'no-request-id', request: get('/') },
    { name: 'request id kept where none is generated', listener: 'no-request-id', request: get('/', KNOWN_ID) },
    {
      name: 'request id of an external caller preserved',
      listener: 'preserve-id',
      request: get('/', KNOWN_ID, 'x-forwarded-for: 8.8.8.8'),
    },
    {
      name: 'request id of an external caller replaced',
      listener: 'edge-one-hop',
      request: get('/', 'x-request-id: mine', 'x-forwarded-for: 8.8.8.8'),
    },
    { name: 'request id in the answer', listener: 'answer-id', request: get('/', KNOWN_ID) },
    {
      name: 'server header overwritten',
      listener: 'plain',
      request: get('/'),
      answers: [{ headers: ['server', 'upstream'] }],
    },
    { name: 'server name of its own', listener: 'server-name', request: get('/') },
    {
      name: 'server header kept',
      listener: 'server-absent',
      request: get('/'),
      answers: [{ headers: ['server', 'upstream'] }],
    },
    { name: 'server header added', listener: 'server-absent', request: get('/') },
    {
      name: 'server header passed through',
      listener: 'server-pass',
      request: get('/'),
      answers: [{ headers: ['server', 'upstream'] }],
    },
    { name: 'server header passed through, none', listener: 'server-pass', request: get('/') },
    {
      name: 'date of the upstream kept',
      listener: 'plain',
      request: get('/'),
      answers: [{ headers: ['date', 'long ago'] }],
    },
    { name: 'via', listener: 'via', request: get('/') },
    {
      name: 'via after another',
      listener: 'via',
      request: get('/', 'via: 1.1 first'),
      answers: [{ headers: ['via', '1.1 upstream'] }],
    },
    { name: 'forwarded port', listener: 'forwarded-port', request: get('/') },
    { name: 'forwarded port of the caller', listener: 'forwarded-port', request: get('/', 'x-forwarded-port: 1') },
    { name: 'user agent added', listener: 'user-agent', request: get('/') },
    { name: 'user agent kept', listener: 'user-agent', request: get('/', 'user-agent: mine') },
    { name: 'headers over the limit', listener: 'small-headers', request: get('/', `x-large: ${'x'.repeat(2000)}`) },
    { name: 'request line over the limit', listener: 'small-headers', request: get(`/${'x'.repeat(2000)}`) },
    { name: 'headers over the default limit', listener: 'plain', request: get('/', `x-large: ${'x'.repeat(70_000)}`) },
    {
      name: 'more than a hundred headers',
      listener: 'plain',
      request: get('/', ...Array.from({ length: 101 }, (_, i) => `x-${i}: 1`)),
    },
    {
      name: 'expect 100-continue',
      listener: 'plain',
      request: {
        bytes: 'POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n',
        pauseMs: 30,
        rest: 'body',
      },
    },
    { name: 'expect something else', listener: 'plain', request: get('/', 'expect: wonders') },
    { name: 'HTTP/1.0 refused', listener: 'plain', request: { bytes: 'GET / HTTP/1.0\r\nhost: a\r\n\r\n' } },
    { name: 'HTTP/1.0 accepted', listener: 'http-10', request: { bytes: 'GET / HTTP/1.0\r\nhost: a\r\n\r\n' } },
    { name: 'HTTP/1.0 without a host', listener: 'http-10', request: { bytes: 'GET / HTTP/1.0\r\n\r\n' } },
    {
      name: 'HTTP/1.0 kept alive',
      listener: 'http-10',
      request: { bytes: 'GET / HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n' },
    },
    { name: 'absolute target', listener: 'plain', request: get('http://absolute.example/a?b', 'host: other.example') },
    { name: 'absolute target with a port', listener: 'plain', request: get('http://absolute.example:9080/a') },
    { name: 'absolute target without a path', listener: 'plain', request: get('http://absolute.example') },
    { name: 'absolute https target', listener: 'plain', request: get('https://absolute.example/a') },
    { name: 'absolute target not allowed', listener: 'no-absolute', request: get('http://absolute.example/a') },
    { name: 'target *', listener: 'plain', request: http1('OPTIONS *') },
    {
      name: 'answer headers in proper case',
      listener: 'proper-case',
      request: get('/'),
      answers: [{ headers: ['x-some-header', '1'] }],
    },
    {
      name: 'websocket not allowed',
      listener: 'plain',
      request: get('/', 'connection: upgrade', 'upgrade: websocket'),
    },
    {
      name: 'websocket refused by the upstream',
      listener: 'websocket',
      request: get('/', 'connection: Upgrade', 'upgrade: websocket'),
      answers: [{ status: 403, body: 'no' }],
    },
    {
      name: 'h2c offered',
      listener: 'plain',
      request: get(
        '/',
        'connection: upgrade, http2-settings',
        'upgrade: h2c',
        'http2-settings: AAMAAABkAARAAAAAAAIAAAAA',
      ),
    },
    {
      name: 'decorator operation in the answer',
      listener: 'plain',
      request: get('/'),
      answers: [
        {
          headers: [
            'x-envoy-decorator-operation',
            'op',
            'x-envoy-upstream-service-time',
            '3',
            'x-envoy-immediate-health-check-fail',
            '1',
          ],
        },
      ],
    },
    {
      name: 'two requests on one connection',
      listener: 'plain',
      request: { bytes: 'GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n' },
    },
    { name: 'connection close', listener: 'plain', request: get('/', 'connection: close') },
    {
      name: 'connection close and another',
      listener: 'plain',
      request: get('/', 'connection: close, x-other', 'x-other: 1'),
    },
  ],
};
