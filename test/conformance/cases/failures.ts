import type { JsonObject } from '@bufbuild/protobuf';
import type { ConformanceCase, Suite, UpstreamAnswer } from '../types.ts';
import { get, http1 } from './requests.ts';

function route(path: string, action: JsonObject): JsonObject {
  return { match: { path }, route: { cluster: 'plain', ...action } };
}

function retry(on: string, more: JsonObject = {}): JsonObject {
  return {
    retry_policy: {
      retry_on: on,
      num_retries: 2,
      retry_back_off: { base_interval: '0.001s', max_interval: '0.002s' },
      ...more,
    },
  };
}

const RETRY_KINDS = [
  '5xx',
  'gateway-error',
  'reset',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'envoy-ratelimited',
  'reset-before-request',
];

const OUTCOMES: readonly (readonly [string, readonly UpstreamAnswer[]])[] = [
  ['500', [{ status: 500, body: 'broken' }]],
  ['503', [{ status: 503, body: 'busy' }]],
  ['409', [{ status: 409, body: 'conflict' }]],
  ['429', [{ status: 429, body: 'slow down' }]],
  ['reset', [{ reset: true }]],
  ['503 with x-envoy-ratelimited', [{ status: 503, headers: ['x-envoy-ratelimited', 'true'] }]],
  ['503 with x-envoy-overloaded', [{ status: 503, headers: ['x-envoy-overloaded', 'true'] }]],
];

const internal = ['x-forwarded-for: 10.1.1.1'];

function recovering(answer: UpstreamAnswer): UpstreamAnswer[] {
  return [answer, { status: 200, body: 'recovered' }];
}

function askedBy(
  headers: readonly string[],
  answers: readonly UpstreamAnswer[],
  path = '/plain',
): Omit<ConformanceCase, 'name'> {
  return { request: get(path, ...internal, ...headers), answers };
}

export const failures: Suite = {
  name: 'failures, timeouts and retries',
  listeners: {
    routes: {
      manager: {
        route_config: {
          validate_clusters: false,
          virtual_hosts: [
            {
              name: 'all',
              domains: ['*'],
              include_request_attempt_count: true,
              routes: [
                route('/plain', {}),
                route('/unknown', { cluster: 'unknown' }),
                route('/unknown-404', { cluster: 'unknown', cluster_not_found_response_code: 'NOT_FOUND' }),
                route('/unknown-500', { cluster: 'unknown', cluster_not_found_response_code: 'INTERNAL_SERVER_ERROR' }),
                { match: { path: '/from-header' }, route: { cluster_header: 'x-cluster' } },
                route('/empty', { cluster: 'empty' }),
                route('/refused', { cluster: 'refused' }),
                route('/refused-retried', { cluster: 'refused', ...retry('connect-failure') }),
                route('/overflow', { cluster: 'one-request' }),
                route('/short', { timeout: '0.1s' }),
                route('/short-retried', { timeout: '0.15s', ...retry('5xx', { per_try_timeout: '0.06s' }) }),
                route('/per-try', { timeout: '2s', ...retry('5xx', { per_try_timeout: '0.05s', num_retries: 1 }) }),
                route('/per-try-reset', {
                  timeout: '2s',
                  ...retry('reset', { per_try_timeout: '0.05s', num_retries: 1 }),
                }),
                route('/per-try-connect', {
                  timeout: '2s',
                  ...retry('connect-failure', { per_try_timeout: '0.05s', num_retries: 1 }),
                }),
                route('/per-try-alone', { timeout: '2s', retry_policy: { per_try_timeout: '0.05s' } }),
                route('/per-try-longer', { timeout: '0.1s', ...retry('5xx', { per_try_timeout: '5s' }) }),
                route('/no-timeout', { timeout: '0s' }),
                route('/idle', { timeout: '0s', idle_timeout: '0.1s' }),
                ...RETRY_KINDS.map((kind) => route(`/retry/${kind}`, retry(kind))),
                route('/retry-codes', retry('retriable-status-codes', { retriable_status_codes: [429, 418] })),
                route(
                  '/retry-headers',
                  retry('retriable-headers', {
                    retriable_headers: [{ name: 'x-retry', string_match: { exact: 'yes' } }],
                  }),
                ),
                route(
                  '/retry-some-requests',
                  retry('5xx', { retriable_request_headers: [{ name: ':method', string_match: { exact: 'GET' } }] }),
                ),
                route('/retry-default', {
                  retry_policy: { retry_on: '5xx', retry_back_off: { base_interval: '0.001s' } },
                }),
                route('/retry-none', retry('5xx', { num_retries: 0 })),
              ],
            },
          ],
        },
      },
    },
    'small-buffer': {
      manager: {
        route_config: {
          virtual_hosts: [
            {
              name: 'all',
              domains: ['*'],
              per_request_buffer_limit_bytes: 10,
              routes: [{ match: { prefix: '/' }, route: { cluster: 'plain', ...retry('5xx') } }],
            },
          ],
        },
      },
    },
    'idle-stream': {
      manager: {
        stream_idle_timeout: '0.1s',
        route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route('/', { timeout: '0s' })] }] },
      },
    },
    'request-timeout': {
      manager: {
        request_timeout: '0.1s',
        route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route('/', {})] }] },
      },
    },
    'headers-timeout': {
      manager: {
        request_headers_timeout: '0.1s',
        route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route('/', {})] }] },
      },
    },
    'local-replies': {
      manager: {
        local_reply_config: {
          mappers: [
            {
              filter: {
                status_code_filter: { comparison: { op: 'EQ', value: { default_value: 404, runtime_key: 'none' } } },
              },
              status_code: 410,
              body: { inline_string: 'not here' },
              headers_to_add: [{ header: { key: 'x-mapped', value: 'yes' } }],
            },
          ],
        },
        route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route('/plain', {})] }] },
      },
    },
    'local-replies-formatted': {
      manager: {
        local_reply_config: {
          mappers: [
            {
              filter: { response_flag_filter: { flags: ['UH'] } },
              body_format_override: {
                text_format: '<h1>%LOCAL_REPLY_BODY%</h1> %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %REQ(:path)%',
                content_type: 'text/html; charset=UTF-8',
              },
            },
            {
              filter: {
                and_filter: {
                  filters: [
                    {
                      status_code_filter: {
                        comparison: { op: 'GE', value: { default_value: 500, runtime_key: 'none' } },
                      },
                    },
                    { header_filter: { header: { name: 'x-map', string_match: { exact: 'yes' } } } },
                  ],
                },
              },
              status_code: 500,
              body: { inline_string: 'sorry' },
            },
          ],
          body_format: {
            json_format: {
              message: '%LOCAL_REPLY_BODY%',
              code: '%RESPONSE_CODE%',
              path: '%REQ(:path)%',
              none: '%REQ(x-none)%',
            },
          },
        },
        route_config: {
          validate_clusters: false,
          virtual_hosts: [
            {
              name: 'all',
              domains: ['*'],
              routes: [
                route('/empty', { cluster: 'empty' }),
                route('/unknown', { cluster: 'unknown' }),
                route('/refused', { cluster: 'refused' }),
                { match: { prefix: '/direct' }, direct_response: { status: 200, body: { inline_string: 'direct' } } },
                { match: { prefix: '/redirect' }, redirect: { path_redirect: '/elsewhere' } },
              ],
            },
          ],
        },
      },
    },
  },
  cases: [
    { name: 'no route: 404 NR', request: get('/none') },
    { name: 'no route, with a body', request: http1('POST /none', [], 'body') },
    { name: 'cluster unknown: 503 NC', request: get('/unknown') },
    { name: 'cluster unknown: 404', request: get('/unknown-404') },
    { name: 'cluster unknown: 500', request: get('/unknown-500') },
    { name: 'cluster from a header', request: get('/from-header', 'x-cluster: plain') },
    { name: 'cluster from a missing header', request: get('/from-header') },
    { name: 'no endpoint: 503 UH', request: get('/empty') },
    { name: 'no endpoint, HEAD', request: http1('HEAD /empty') },
    { name: 'connection refused: 503 UF', request: get('/refused') },
    { name: 'connection refused after retries', request: get('/refused-retried') },
    { name: 'connection refused, POST', request: http1('POST /refused', [], 'body') },
    { name: 'circuit breaker: 503 UO', request: get('/overflow') },
    { name: 'closed before an answer: 503 UC', request: get('/plain'), answers: [{ raw: '' }] },
    { name: 'reset before an answer', request: get('/plain'), answers: [{ reset: true }] },
    {
      name: 'reset in the body',
      request: get('/plain'),
      answers: [{ raw: 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok', reset: true }],
    },
    { name: 'route timeout: 504', request: get('/short'), answers: [{ delayMs: 400 }] },
    { name: 'route timeout, POST', request: http1('POST /short', [], 'body'), answers: [{ delayMs: 400 }] },
    {
      name: 'route timeout while the body arrives',
      request: get('/short'),
      answers: [{ bodyDelayMs: 400, body: 'late' }],
    },
    { name: 'route timeout bounds all attempts', request: get('/short-retried'), answers: [{ delayMs: 400 }] },
    { name: 'per-try timeout, all attempts', request: get('/per-try'), answers: [{ delayMs: 300 }] },
    {
      name: 'per-try timeout, second attempt answers',
      request: get('/per-try'),
      answers: recovering({ delayMs: 300 }),
    },
    {
      name: 'per-try timeout retried under reset',
      request: get('/per-try-reset'),
      answers: recovering({ delayMs: 300 }),
    },
    {
      name: 'per-try timeout not retried under connect-failure',
      request: get('/per-try-connect'),
      answers: recovering({ delayMs: 300 }),
    },
    { name: 'per-try timeout without retries', request: get('/per-try-alone'), answers: [{ delayMs: 300 }] },
    { name: 'per-try timeout over the route timeout', request: get('/per-try-longer'), answers: [{ delayMs: 300 }] },
    { name: 'no timeout', request: get('/no-timeout'), answers: [{ delayMs: 150 }] },
    { name: 'idle timeout of the route', request: get('/idle'), answers: [{ delayMs: 400 }] },
    {
      name: 'idle timeout while the body arrives',
      request: get('/idle'),
      answers: [{ bodyDelayMs: 400, body: 'late' }],
    },
    { name: 'idle timeout of the listener', listener: 'idle-stream', request: get('/'), answers: [{ delayMs: 400 }] },
    {
      name: 'idle timeout while the request arrives',
      listener: 'idle-stream',
      request: { bytes: 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf' },
    },
    {
      name: 'request timeout',
      listener: 'request-timeout',
      request: { bytes: 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf' },
    },
    {
      name: 'request headers timeout',
      listener: 'headers-timeout',
      request: { bytes: 'GET / HTTP/1.1\r\nhost: a\r\n' },
    },
    ...RETRY_KINDS.flatMap((kind) =>
      OUTCOMES.map(([outcome, answers]) => ({
        name: `retry on ${kind}: ${outcome}`,
        request: get(`/retry/${kind}`),
        answers,
      })),
    ),
    { name: 'second attempt answers', request: get('/retry/5xx'), answers: recovering({ status: 503 }) },
    {
      name: 'second attempt answers a POST',
      request: http1('POST /retry/5xx', [], 'body'),
      answers: recovering({ status: 503 }),
    },
    {
      name: 'second attempt answers chunks',
      request: http1('POST /retry/5xx', ['transfer-encoding: chunked'], '4\r\nbody\r\n0\r\n\r\n'),
      answers: recovering({ status: 503 }),
    },
    { name: 'second attempt after a reset', request: get('/retry/5xx'), answers: recovering({ reset: true }) },
    {
      name: 'reset in the body is not retried',
      request: get('/retry/5xx'),
      answers: recovering({ raw: 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok', reset: true }),
    },
    {
      name: 'no retry after reset, other kind next',
      request: get('/retry/gateway-error'),
      answers: [{ status: 502 }, { status: 500, body: 'x' }],
    },
    { name: 'retriable status codes', request: get('/retry-codes'), answers: recovering({ status: 429 }) },
    { name: 'retriable status codes, another', request: get('/retry-codes'), answers: recovering({ status: 500 }) },
    { name: 'retriable headers', request: get('/retry-headers'), answers: recovering({ headers: ['x-retry', 'yes'] }) },
    { name: 'retriable request headers', request: get('/retry-some-requests'), answers: recovering({ status: 500 }) },
    {
      name: 'retriable request headers, other method',
      request: http1('POST /retry-some-requests', [], 'x'),
      answers: recovering({ status: 500 }),
    },
    { name: 'one retry by default', request: get('/retry-default'), answers: [{ status: 500 }] },
    { name: 'no retries', request: get('/retry-none'), answers: [{ status: 500 }] },
    { name: 'retries asked for by header', ...askedBy(['x-envoy-retry-on: 5xx'], [{ status: 500 }]) },
    {
      name: 'number of retries by header',
      ...askedBy(['x-envoy-retry-on: 5xx', 'x-envoy-max-retries: 3'], [{ status: 500 }]),
    },
    { name: 'number of retries alone', ...askedBy(['x-envoy-max-retries: 3'], [{ status: 500 }]) },
    {
      name: 'number of retries of the route raised',
      ...askedBy(['x-envoy-max-retries: 4'], [{ status: 500 }], '/retry/5xx'),
    },
    {
      name: 'status codes by header',
      ...askedBy(
        ['x-envoy-retry-on: retriable-status-codes', 'x-envoy-retriable-status-codes: 418, 429'],
        recovering({ status: 429 }),
      ),
    },
    {
      name: 'header names by header',
      ...askedBy(
        ['x-envoy-retry-on: retriable-headers', 'x-envoy-retriable-header-names: X-Again'],
        recovering({ headers: ['x-again', '1'] }),
      ),
    },
    { name: 'timeout by header', ...askedBy(['x-envoy-upstream-rq-timeout-ms: 80'], [{ delayMs: 300 }]) },
    { name: 'timeout by header, unreadable', ...askedBy(['x-envoy-upstream-rq-timeout-ms: soon'], []) },
    { name: 'timeout zero by header', ...askedBy(['x-envoy-upstream-rq-timeout-ms: 0'], [{ delayMs: 200 }], '/short') },
    {
      name: 'per-try timeout by header',
      ...askedBy(['x-envoy-upstream-rq-per-try-timeout-ms: 60', 'x-envoy-retry-on: 5xx'], recovering({ delayMs: 300 })),
    },
    {
      name: 'alternative answer to a timeout',
      ...askedBy(
        ['x-envoy-upstream-rq-timeout-ms: 80', 'x-envoy-upstream-rq-timeout-alt-response: 1'],
        [{ delayMs: 300 }],
      ),
    },
    {
      name: 'retries asked for by an external caller',
      request: get('/plain', 'x-forwarded-for: 8.8.8.8', 'x-envoy-retry-on: 5xx'),
      answers: [{ status: 500 }],
    },
    { name: 'expected timeout claimed by the caller', ...askedBy(['x-envoy-expected-rq-timeout-ms: 50'], []) },
    {
      name: 'body over the retry buffer',
      listener: 'small-buffer',
      request: http1('POST /', [], 'more than ten bytes'),
      answers: recovering({ status: 503 }),
    },
    {
      name: 'body under the retry buffer',
      listener: 'small-buffer',
      request: http1('POST /', [], 'few'),
      answers: recovering({ status: 503 }),
    },
    { name: 'local reply mapped', listener: 'local-replies', request: get('/none') },
    ...['/empty', '/unknown', '/direct', '/redirect', '/none'].flatMap((path) => [
      { name: `local reply formatted: ${path}`, listener: 'local-replies-formatted', request: get(path) },
      {
        name: `local reply formatted: ${path} with a header that maps`,
        listener: 'local-replies-formatted',
        request: get(path, 'x-map: yes'),
      },
    ]),
    {
      name: 'answer of an upstream is not mapped',
      listener: 'local-replies',
      request: get('/plain'),
      answers: [{ status: 404, body: 'theirs' }],
    },
  ],
};
