import type { JsonObject } from '@bufbuild/protobuf';
import { routesTo } from '../bootstrap.ts';
import type { Suite } from '../types.ts';
import { get, http1 } from './requests.ts';

function route(prefix: string, policies: JsonObject[], more: JsonObject = {}): JsonObject {
  return { match: { prefix }, route: { cluster: 'plain', request_mirror_policies: policies, ...more } };
}

const COPY = { cluster: 'h2c' };

export const mirroring: Suite = {
  name: 'mirroring',
  listeners: {
    copies: {
      manager: {
        use_remote_address: true,
        // Envoy refuses a table of its own that names an unknown cluster, one that a control plane sends it does not.
        route_config: {
          validate_clusters: false,
          ...routesTo(
            route('/always', [COPY]),
            route('/never', [{ ...COPY, runtime_fraction: { default_value: { numerator: 0 } } }]),
            route('/same-host', [{ ...COPY, disable_shadow_host_suffix_append: true }]),
            route('/header', [{ cluster_header: 'x-copy-to' }]),
            route('/gone', [{ cluster: 'gone' }]),
            route('/refused', [{ cluster: 'refused' }]),
            route('/rewritten', [COPY], { prefix_rewrite: '/new', timeout: '7s' }),
            route('/retried', [COPY], { retry_policy: { retry_on: '5xx', num_retries: 1 } }),
          ),
        },
      },
    },
    inherited: {
      manager: {
        route_config: {
          request_mirror_policies: [COPY],
          virtual_hosts: [
            {
              name: 'own',
              domains: ['own.example'],
              request_mirror_policies: [{ cluster: 'h2c', disable_shadow_host_suffix_append: true }],
              routes: [
                route('/none', []),
                route('/own', [{ ...COPY, runtime_fraction: { default_value: { numerator: 0 } } }]),
              ],
            },
            { name: 'all', domains: ['*'], routes: [route('/', [])] },
          ],
        },
      },
    },
  },
  cases: [
    { name: 'mirror of the table', listener: 'inherited', request: get('/'), settleMs: 100 },
    { name: 'mirror of the host', listener: 'inherited', request: get('/none', 'host: own.example'), settleMs: 100 },
    { name: 'mirror of the route', listener: 'inherited', request: get('/own', 'host: own.example'), settleMs: 100 },
    { name: 'GET', request: get('/always'), settleMs: 100 },
    {
      name: 'POST with a body',
      request: http1('POST /always', ['x-a: 1', 'authorization: signed'], 'payload'),
      settleMs: 100,
    },
    { name: 'host with a port', request: get('/always', 'host: example.com:8080'), settleMs: 100 },
    { name: 'share of 0', request: get('/never'), settleMs: 100 },
    { name: 'host as it is', request: get('/same-host'), settleMs: 100 },
    { name: 'cluster that a header names', request: get('/header', 'x-copy-to: h2c'), settleMs: 100 },
    { name: 'no header that names a cluster', request: get('/header'), settleMs: 100 },
    { name: 'cluster that is not there', request: get('/gone'), settleMs: 100 },
    { name: 'cluster that refuses', request: get('/refused'), settleMs: 100 },
    { name: 'rewritten', request: get('/rewritten/a'), settleMs: 100 },
    { name: 'copied once for two attempts', request: get('/retried'), answers: [{ status: 503 }, {}], settleMs: 150 },
  ],
};
