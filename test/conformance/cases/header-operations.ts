import type { JsonObject } from '@bufbuild/protobuf';
import type { Suite } from '../types.ts';
import { get, http1 } from './requests.ts';

function add(key: string, value: string, action = 'APPEND_IF_EXISTS_OR_ADD', more: JsonObject = {}): JsonObject {
  return { header: { key, value }, append_action: action, ...more };
}

function route(prefix: string, more: JsonObject, action: JsonObject = {}): JsonObject {
  return { match: { prefix }, route: { cluster: 'plain', ...action }, ...more };
}

const SUBSTITUTIONS = [
  'PROTOCOL',
  'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT',
  'DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT',
  'DOWNSTREAM_LOCAL_PORT',
  'UPSTREAM_CLUSTER',
  'REQ(:METHOD)',
  'REQ(X-MISSING)',
  'REQ(X-MISSING?USER-AGENT)',
  'REQ(X-LONG):3',
  'START_TIME(%Y)',
  'ROUTE_NAME',
  'REQUESTED_SERVER_NAME',
  'RESPONSE_CODE',
];

export const headerOperations: Suite = {
  name: 'header operations',
  listeners: {
    operations: {
      manager: {
        route_config: {
          request_headers_to_add: [add('x-levels', 'table')],
          response_headers_to_add: [add('x-levels', 'table')],
          virtual_hosts: [
            {
              name: 'all',
              domains: ['*'],
              request_headers_to_add: [add('x-levels', 'host')],
              response_headers_to_add: [add('x-levels', 'host')],
              routes: [
                route('/append', {
                  request_headers_to_add: [add('x-a', '2')],
                  response_headers_to_add: [add('x-a', '2')],
                }),
                route('/absent', {
                  request_headers_to_add: [add('x-a', '2', 'ADD_IF_ABSENT')],
                  response_headers_to_add: [add('x-a', '2', 'ADD_IF_ABSENT')],
                }),
                route('/overwrite-if', {
                  request_headers_to_add: [add('x-a', '2', 'OVERWRITE_IF_EXISTS')],
                  response_headers_to_add: [add('x-a', '2', 'OVERWRITE_IF_EXISTS')],
                }),
                route('/overwrite', {
                  request_headers_to_add: [add('x-a', '2', 'OVERWRITE_IF_EXISTS_OR_ADD')],
                  response_headers_to_add: [add('x-a', '2', 'OVERWRITE_IF_EXISTS_OR_ADD')],
                }),
                route('/remove', {
                  request_headers_to_remove: ['x-a', 'User-Agent'],
                  response_headers_to_remove: ['x-a'],
                }),
                route('/remove-add', {
                  request_headers_to_remove: ['x-a'],
                  request_headers_to_add: [add('x-a', 'new')],
                  response_headers_to_remove: ['x-a'],
                  response_headers_to_add: [add('x-a', 'new')],
                }),
                route('/empty', {
                  request_headers_to_add: [
                    add('x-dropped', '', 'APPEND_IF_EXISTS_OR_ADD'),
                    add('x-kept', '', 'APPEND_IF_EXISTS_OR_ADD', { keep_empty_value: true }),
                    add('x-from-missing', '%REQ(X-MISSING)%'),
                  ],
                }),
                ...SUBSTITUTIONS.map((name) =>
                  route(`/sub/${name.replaceAll(/[^A-Z]/g, '')}-${name.length}`, {
                    name: 'named-route',
                    request_headers_to_add: [add('x-sub', `<%${name}%>`)],
                    response_headers_to_add: [add('x-sub', `<%${name}%>`)],
                  }),
                ),
                route('/percent', { request_headers_to_add: [add('x-percent', '100%%')] }),
                route('/response', {
                  response_headers_to_add: [add('x-type', '%RESP(CONTENT-TYPE)%'), add('x-code', '%RESPONSE_CODE%')],
                }),
                {
                  match: { prefix: '/weighted' },
                  request_headers_to_add: [add('x-levels', 'route')],
                  response_headers_to_add: [add('x-levels', 'route')],
                  route: {
                    weighted_clusters: {
                      clusters: [
                        {
                          name: 'plain',
                          weight: 1,
                          request_headers_to_add: [add('x-levels', 'cluster')],
                          response_headers_to_add: [add('x-levels', 'cluster')],
                          request_headers_to_remove: ['x-a'],
                          host_rewrite_literal: 'weighted.example',
                        },
                      ],
                    },
                  },
                },
                route('/attempts', {}, {}),
                route('/', {}),
              ],
            },
          ],
        },
      },
    },
    'most-specific-wins': {
      manager: {
        route_config: {
          most_specific_header_mutations_wins: true,
          request_headers_to_add: [add('x-levels', 'table', 'OVERWRITE_IF_EXISTS_OR_ADD')],
          virtual_hosts: [
            {
              name: 'all',
              domains: ['*'],
              request_headers_to_add: [add('x-levels', 'host', 'OVERWRITE_IF_EXISTS_OR_ADD')],
              routes: [
                route('/', { request_headers_to_add: [add('x-levels', 'route', 'OVERWRITE_IF_EXISTS_OR_ADD')] }),
              ],
            },
          ],
        },
      },
    },
    'attempt-count': {
      manager: {
        route_config: {
          internal_only_headers: ['x-secret'],
          virtual_hosts: [
            {
              name: 'all',
              domains: ['*'],
              include_request_attempt_count: true,
              include_attempt_count_in_response: true,
              routes: [route('/', {})],
            },
          ],
        },
      },
    },
    'no-envoy-headers': {
      manager: {
        http_filters: [
          {
            name: 'envoy.filters.http.router',
            typed_config: {
              '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
              suppress_envoy_headers: true,
            },
          },
        ],
        route_config: {
          virtual_hosts: [
            {
              name: 'all',
              domains: ['*'],
              routes: [route('/rewrite', {}, { prefix_rewrite: '/new' }), route('/', {})],
            },
          ],
        },
      },
    },
  },
  cases: [
    ...['/append', '/absent', '/overwrite-if', '/overwrite', '/remove', '/remove-add'].flatMap((path) => [
      {
        name: `${path.slice(1)}, header there`,
        request: get(path, 'x-a: 1', 'user-agent: test'),
        answers: [{ headers: ['x-a', '1'] }],
      },
      { name: `${path.slice(1)}, header missing`, request: get(path) },
    ]),
    {
      name: 'overwrite, header there twice',
      request: get('/overwrite', 'x-a: 1', 'x-a: 3'),
      answers: [{ headers: ['x-a', '1', 'x-a', '3'] }],
    },
    { name: 'empty values', request: get('/empty') },
    ...SUBSTITUTIONS.map((name) => ({
      name: `%${name}%`,
      request: get(`/sub/${name.replaceAll(/[^A-Z]/g, '')}-${name.length}`, 'user-agent: agent/1.0', 'x-long: abcdef'),
    })),
    { name: 'doubled percent sign', request: get('/percent') },
    {
      name: 'substitutions from the answer',
      request: get('/response'),
      answers: [{ status: 201, headers: ['content-type', 'text/x'] }],
    },
    { name: 'levels are applied from the inside out', request: get('/anything') },
    { name: 'weighted cluster', request: get('/weighted', 'x-a: 1') },
    { name: 'most specific mutation wins', listener: 'most-specific-wins', request: get('/') },
    { name: 'attempt count', listener: 'attempt-count', request: get('/') },
    {
      name: 'attempt count sent by the caller',
      listener: 'attempt-count',
      request: get('/', 'x-envoy-attempt-count: 7'),
    },
    {
      name: 'internal-only header from outside',
      listener: 'attempt-count',
      request: get('/', 'x-secret: 1', 'x-forwarded-for: 8.8.8.8'),
    },
    {
      name: 'internal-only header from inside',
      listener: 'attempt-count',
      request: get('/', 'x-secret: 1', 'x-forwarded-for: 10.1.1.1'),
    },
    { name: 'envoy headers suppressed', listener: 'no-envoy-headers', request: get('/') },
    { name: 'envoy headers suppressed with a rewrite', listener: 'no-envoy-headers', request: get('/rewrite') },
    { name: 'repeated header reaches the upstream as it came', request: get('/', 'x-b: 1', 'x-c: 2', 'x-b: 3') },
    { name: 'cookies are passed on apart', request: get('/', 'cookie: a=1', 'cookie: b=2') },
    { name: 'header names are passed on in lower case', request: get('/', 'X-MiXed: Value') },
    {
      name: 'repeated answer header',
      request: get('/'),
      answers: [{ headers: ['set-cookie', 'a=1', 'X-Up', '1', 'set-cookie', 'b=2'] }],
    },
    { name: 'header value of high bytes', request: get('/', 'x-latin: caf\xe9') },
    { name: 'body with a length', request: http1('POST /', ['content-type: text/plain'], 'a body') },
  ],
};
