import type { JsonObject } from '@bufbuild/protobuf';
import { routesTo } from '../bootstrap.ts';
import type { ConformanceCase, Suite, UpstreamAnswer } from '../types.ts';
import { http1 } from './requests.ts';

const GRPC = 'content-type: application/grpc';
const CONDITIONS = ['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable'];

function route(path: string, action: JsonObject): JsonObject {
  return { match: { path }, route: { cluster: 'plain', ...action } };
}

function retry(on: string): JsonObject {
  return { retry_policy: { retry_on: on, num_retries: 1, retry_back_off: { base_interval: '0.001s' } } };
}

function answerWith(status: number): UpstreamAnswer {
  return { status: 200, headers: ['content-type', 'application/grpc', 'grpc-status', String(status)] };
}

function ask(name: string, path: string, headers: readonly string[], answers: UpstreamAnswer[] = []): ConformanceCase {
  return { name, request: http1(`POST ${path}`, [GRPC, 'content-length: 0', ...headers]), answers };
}

export const grpc: Suite = {
  name: 'gRPC',
  listeners: {
    routes: {
      manager: {
        route_config: {
          validate_clusters: false,
          ...routesTo(
            ...CONDITIONS.map((condition) => route(`/${condition}`, retry(condition))),
            route('/plain', {}),
            route('/any-time', { timeout: '0s', max_grpc_timeout: '0s' }),
            route('/some-time', { timeout: '0s', max_grpc_timeout: '0.1s' }),
            route('/less-time', { timeout: '0s', max_grpc_timeout: '0s', grpc_timeout_offset: '0.4s' }),
            route('/refused', { cluster: 'refused' }),
            route('/unknown', { cluster: 'unknown' }),
            route('/overflow', { cluster: 'one-request' }),
            { match: { path: '/direct' }, direct_response: { status: 403, body: { inline_string: 'go away, 100%' } } },
            { match: { path: '/redirect' }, redirect: { host_redirect: 'elsewhere.example' } },
          ),
        },
      },
    },
  },
  cases: [
    ...CONDITIONS.flatMap((condition) =>
      [1, 4, 8, 13, 14].map((status) =>
        ask(`${condition} with status ${status}`, `/${condition}`, [], [answerWith(status), answerWith(0)]),
      ),
    ),
    ask(
      'conditions of a caller',
      '/plain',
      ['x-forwarded-for: 10.1.1.1', 'x-envoy-retry-grpc-on: unavailable'],
      [answerWith(14), answerWith(0)],
    ),
    ask(
      'conditions of a caller in the other header',
      '/plain',
      ['x-forwarded-for: 10.1.1.1', 'x-envoy-retry-on: unavailable'],
      [answerWith(14), answerWith(0)],
    ),
    ask('a timeout of the caller', '/any-time', ['grpc-timeout: 100m'], [{ status: 200, delayMs: 600 }]),
    ask('a timeout above that of the route', '/some-time', ['grpc-timeout: 10S'], [{ status: 200, delayMs: 600 }]),
    ask('a timeout less an offset', '/less-time', ['grpc-timeout: 500m'], [{ status: 200, delayMs: 600 }]),
    ask('no timeout', '/any-time', [], [{ status: 200, delayMs: 100 }]),
    ask('no route', '/nowhere', []),
    ask('no cluster', '/unknown', []),
    ask('a refused connection', '/refused', []),
    ask('too many requests', '/overflow', []),
    ask('a direct response', '/direct', []),
    ask('a redirect', '/redirect', []),
  ],
};
