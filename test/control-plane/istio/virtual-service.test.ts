import { expect, test } from 'vitest';
import { ROUTE_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestProxy, GATEWAY, listAt, namesOf } from '../mesh.ts';

const BASE = `
apiVersion: v1
kind: Service
metadata: {name: httpbin}
spec: {clusterIP: 10.43.0.80, ports: [{name: http, port: 8000}], selector: {app: httpbin}}
---
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: {name: gateway}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
---
`;

interface Document {
  readonly name?: string;
  readonly namespace?: string;
  readonly hosts?: string;
  readonly gateways?: string;
  readonly rest?: string;
}

function virtualService(http: string, document: Document = {}): string {
  const { name = 'web', namespace = 'default', hosts = '["*"]', gateways = '[gateway]', rest = '' } = document;
  return `
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  hosts: ${hosts}
  gateways: ${gateways}
  ${rest}
  http:
${http.replace(/^/gm, '    ')}
---
`;
}

function gatewayTable(manifests: string, istioVersion = '1.17.2') {
  const mesh = createTestMesh({ manifests: BASE + manifests, istioVersion });
  return mesh.generate(createTestProxy({ ...GATEWAY, istioVersion }), ROUTE_TYPE, ['http.80'])[0];
}

function routesOf(http: string, istioVersion?: string) {
  return listAt(gatewayTable(virtualService(http), istioVersion), 'virtual_hosts', 0, 'routes');
}

const TO_HTTPBIN = 'route: [{destination: {host: httpbin}}]';

test.each([
  ['{uri: {exact: /a}}', { path: '/a', case_sensitive: true }],
  ['{uri: {prefix: /a}, ignoreUriCase: true}', { prefix: '/a', case_sensitive: false }],
  ['{uri: {regex: "/a.*"}}', { safe_regex: { regex: '/a.*' }, case_sensitive: true }],
  [
    '{headers: {z: {exact: "1"}, a: {}, m: {regex: "*"}}}',
    {
      prefix: '/',
      case_sensitive: true,
      headers: [
        { name: 'a', present_match: true },
        { name: 'm', present_match: true },
        { name: 'z', string_match: { exact: '1' } },
      ],
    },
  ],
  [
    '{withoutHeaders: {a: {exact: "1"}, b: {}}}',
    {
      prefix: '/',
      case_sensitive: true,
      headers: [
        { name: 'a', string_match: { exact: '1' }, invert_match: true, treat_missing_header_as_empty: true },
        { name: 'b', present_match: true, invert_match: true },
      ],
    },
  ],
  [
    '{method: {exact: GET}, authority: {prefix: web}, scheme: {exact: https}}',
    {
      prefix: '/',
      case_sensitive: true,
      headers: [
        { name: ':method', string_match: { exact: 'GET' } },
        { name: ':authority', string_match: { prefix: 'web' } },
        { name: ':scheme', string_match: { exact: 'https' } },
      ],
    },
  ],
  [
    '{queryParams: {v: {exact: "1"}, w: {}}}',
    {
      prefix: '/',
      case_sensitive: true,
      query_parameters: [
        { name: 'v', string_match: { exact: '1' } },
        { name: 'w', present_match: true },
      ],
    },
  ],
])('translates the condition %s', (match, expected) => {
  const [route] = routesOf(`- match: [${match}]\n  ${TO_HTTPBIN}`);
  expect(route?.['match']).toEqual(expected);
});

// istio/istio#40320 and #42035, by the tags of istio/istio.
test.each([
  ['1.14.0', {}, true],
  ['1.15.3', { max_stream_duration: { max_stream_duration: '0s', grpc_timeout_header_max: '0s' } }, false],
  ['1.15.4', {}, true],
  ['1.16.0', { max_stream_duration: { max_stream_duration: '0s', grpc_timeout_header_max: '0s' } }, false],
  ['1.16.1', {}, true],
])('writes no timeout as %s does', (version, fields, hasGrpcTimeout) => {
  const [route] = routesOf(`- ${TO_HTTPBIN}`, version);
  const grpc = hasGrpcTimeout ? { max_grpc_timeout: '0s' } : {};
  expect(route).toMatchObject({ route: { timeout: '0s', ...grpc, ...fields } });
  expect(JSON.stringify(route).includes('max_stream_duration')).toBe(!hasGrpcTimeout);
});

test('writes a timeout of 0 and the default retries where nothing is said', () => {
  const [route] = routesOf(`- ${TO_HTTPBIN}`);
  expect(route).toMatchObject({
    route: {
      cluster: 'outbound|8000||httpbin.default.svc.cluster.local',
      timeout: '0s',
      max_grpc_timeout: '0s',
      retry_policy: {
        num_retries: 2,
        retry_on: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes',
        retriable_status_codes: [503],
        host_selection_retry_max_attempts: '5',
      },
    },
    decorator: { operation: 'httpbin.default.svc.cluster.local:8000/*' },
    metadata: {
      filter_metadata: {
        istio: { config: '/apis/networking.istio.io/v1alpha3/namespaces/default/virtual-service/web' },
      },
    },
  });
});

test.each([
  ['{attempts: 3, perTryTimeout: 10s}', { num_retries: 3, per_try_timeout: '10s' }],
  [
    '{attempts: 1, retryOn: "5xx,503"}',
    { num_retries: 1, retry_on: '5xx,retriable-status-codes', retriable_status_codes: [503] },
  ],
])('translates retries %s', (retries, expected) => {
  const [route] = routesOf(`- ${TO_HTTPBIN}\n  retries: ${retries}`);
  expect(at(route, 'route', 'retry_policy')).toMatchObject(expected);
});

test('retries nothing with 0 attempts', () => {
  const [route] = routesOf(`- ${TO_HTTPBIN}\n  retries: {attempts: 0}`);
  expect(at(route, 'route', 'retry_policy')).toBeUndefined();
});

test('no longer retries 503 answers by default from 1.24 on', () => {
  const [route] = routesOf(`- ${TO_HTTPBIN}`, '1.24.0');
  expect(at(route, 'route', 'retry_policy', 'retry_on')).toBe('connect-failure,refused-stream,unavailable,cancelled');
});

test('translates weights, and gives a destination without weight nothing beside others', () => {
  const [route] = routesOf(`- route:
    - {destination: {host: a, port: {number: 80}}, weight: 25}
    - {destination: {host: b, subset: v1, port: {number: 80}}, weight: 75, headers: {request: {set: {x: b}}}}
    - {destination: {host: c}}`);
  expect(at(route, 'route', 'weighted_clusters')).toMatchObject({
    total_weight: 100,
    clusters: [
      { name: 'outbound|80||a.default.svc.cluster.local', weight: 25 },
      {
        name: 'outbound|80|v1|b.default.svc.cluster.local',
        weight: 75,
        request_headers_to_add: [{ header: { key: 'x' } }],
      },
    ],
  });
  expect(at(route, 'decorator', 'operation')).toBe('web:80/*');
});

test('sets, adds and removes headers in order, and turns host into a rewrite', () => {
  const [route] = routesOf(`- ${TO_HTTPBIN}
  headers:
    request: {set: {x-b: "1", x-a: "2", Host: from-set}, add: {x-c: "3"}, remove: [x-d]}
    response: {remove: [server]}`);
  expect(route).toMatchObject({
    request_headers_to_add: [
      { header: { key: 'x-a', value: '2' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
      { header: { key: 'x-b', value: '1' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
      { header: { key: 'x-c', value: '3' } },
    ],
    request_headers_to_remove: ['x-d'],
    response_headers_to_remove: ['server'],
    route: { host_rewrite_literal: 'from-set' },
  });
});

test.each([
  ['rewrite: {uri: /b, authority: b.example.com}', { prefix_rewrite: '/b', host_rewrite_literal: 'b.example.com' }],
  [
    'rewrite: {uriRegexRewrite: {match: "^/a", rewrite: /b}}',
    { regex_rewrite: { pattern: { regex: '^/a' }, substitution: '/b' } },
  ],
  ['timeout: 1m30s', { timeout: '90s', max_grpc_timeout: '90s' }],
  [
    'mirror: {host: shadow, port: {number: 80}}',
    {
      request_mirror_policies: [
        {
          cluster: 'outbound|80||shadow.default.svc.cluster.local',
          runtime_fraction: { default_value: { numerator: 100 } },
        },
      ],
    },
  ],
  [
    'corsPolicy: {allowOrigins: [{exact: a}], allowMethods: [GET, POST], maxAge: 24h}',
    { cors: { allow_origin_string_match: [{ exact: 'a' }], allow_methods: 'GET,POST', max_age: '86400' } },
  ],
])('translates %s', (field, expected) => {
  const [route] = routesOf(`- ${TO_HTTPBIN}\n  ${field}`);
  expect(route?.['route']).toMatchObject(expected);
});

test('translates redirects, direct answers and faults', () => {
  const routes = routesOf(`- match: [{uri: {prefix: /r}}]
  redirect: {uri: /to, authority: other, redirectCode: 308, derivePort: FROM_REQUEST_PORT}
- match: [{uri: {prefix: /d}}]
  directResponse: {status: 418, body: {string: teapot}}
- ${TO_HTTPBIN}
  fault: {delay: {fixedDelay: 2s, percentage: {value: 12.5}}, abort: {httpStatus: 503, percentage: {value: 100}}}`);
  expect(routes).toMatchObject([
    {
      redirect: {
        path_redirect: '/to',
        host_redirect: 'other',
        response_code: 'PERMANENT_REDIRECT',
      },
    },
    { direct_response: { status: 418, body: { inline_string: 'teapot' } } },
    {
      typed_per_filter_config: {
        'envoy.filters.http.fault': {
          delay: { fixed_delay: '2s', percentage: { numerator: 125_000, denominator: 'MILLION' } },
          abort: { http_status: 503 },
        },
      },
    },
  ]);
});

test.each([
  ['port: 8443', 8443],
  ['port: 80', undefined],
  ['port: 443', 443],
  ['port: 443, scheme: https', undefined],
  ['port: 80, scheme: https', 80],
  ['derivePort: FROM_REQUEST_PORT, scheme: https', 80],
  ['derivePort: FROM_PROTOCOL_DEFAULT', undefined],
])('redirects with %s to port %s', (field, port) => {
  const [route] = routesOf(`- redirect: {${field}}`);
  expect(at(route, 'redirect', 'port_redirect')).toBe(port);
});

test('copies requests to several destinations, each with a share of its own, and none with a share of 0', () => {
  const [route] = routesOf(`- ${TO_HTTPBIN}
  mirrors:
    - {destination: {host: a, port: {number: 80}}}
    - {destination: {host: b, port: {number: 80}}, percentage: {value: 12.5}}
    - {destination: {host: c, port: {number: 80}}, percentage: {value: 0}}`);
  expect(at(route, 'route', 'request_mirror_policies')).toEqual([
    {
      cluster: 'outbound|80||a.default.svc.cluster.local',
      runtime_fraction: { default_value: { numerator: 100 } },
      trace_sampled: false,
    },
    {
      cluster: 'outbound|80||b.default.svc.cluster.local',
      runtime_fraction: { default_value: { numerator: 125_000, denominator: 'MILLION' } },
      trace_sampled: false,
    },
  ]);
});

test('aborts with a status of gRPC, by its name', () => {
  const [route] = routesOf(`- ${TO_HTTPBIN}\n  fault: {abort: {grpcStatus: UNAVAILABLE, percentage: {value: 100}}}`);
  expect(at(route, 'typed_per_filter_config', 'envoy.filters.http.fault', 'abort')).toMatchObject({ grpc_status: 14 });
});

test('retries in other localities every second time, where asked to', () => {
  const [route] = routesOf(`- ${TO_HTTPBIN}\n  retries: {attempts: 2, retryRemoteLocalities: true}`);
  expect(at(route, 'route', 'retry_policy', 'retry_priority')).toMatchObject({
    name: 'envoy.retry_priorities.previous_priorities',
    typed_config: { update_frequency: 2 },
  });
});

test.each([
  ['1.22.0', '', undefined],
  ['1.23.0', '', true],
  ['1.23.0', ', unmatchedPreflights: FORWARD', true],
  ['1.23.0', ', unmatchedPreflights: IGNORE', false],
])('says what becomes of preflight requests of other origins in %s%s', (version, field, expected) => {
  const [route] = routesOf(`- ${TO_HTTPBIN}\n  corsPolicy: {allowOrigins: [{exact: a}]${field}}`, version);
  expect(at(route, 'route', 'cors', 'forward_not_matching_preflights')).toBe(expected);
});

test('asks for a query parameter of any value by the pattern "*"', () => {
  const [route] = routesOf(`- match: [{queryParams: {v: {regex: "*"}}}]\n  ${TO_HTTPBIN}`);
  expect(at(route, 'match', 'query_parameters')).toEqual([{ name: 'v', present_match: true }]);
});

test.each([
  [
    `match: [{headers: {"@request.auth.claims.sub": {exact: a}}}]\n  ${TO_HTTPBIN}`,
    'field "@request.auth.claims.sub" in "headers" is not supported',
  ],
  ['name: a', 'must have one of "route", "redirect", "directResponse", "delegate"'],
  [`${TO_HTTPBIN}\n  redirect: {uri: /}`, 'must have one of'],
  ['redirect: {uri: /}\n  rewrite: {uri: /}', 'field "rewrite" in "http": must not stand beside "redirect"'],
  ['directResponse: {status: 200}\n  fault: {}', 'field "fault" in "http": must not stand beside "directResponse"'],
  [`${TO_HTTPBIN}\n  delegate: {name: b}`, 'field "route" in "http": must not stand beside "delegate"'],
  [`${TO_HTTPBIN}\n  mirror: {host: a}\n  mirrors: []`, 'field "mirrors" in "http": must not stand beside "mirror"'],
  [
    `${TO_HTTPBIN}\n  rewrite: {authority: a}\n  headers: {request: {set: {Host: b}}}`,
    'field "headers" in "http": must not set the authority a second time',
  ],
  [`${TO_HTTPBIN}\n  headers: {request: {remove: [host]}}`, 'field "remove" in "request": must not hold "host"'],
  [
    `${TO_HTTPBIN}\n  headers: {response: {set: {":status": "1"}}}`,
    'field "set" in "response": must not hold ":status"',
  ],
  [
    `${TO_HTTPBIN}\n  rewrite: {uri: /, uriRegexRewrite: {match: a, rewrite: b}}`,
    'field "uri" in "rewrite": must not stand beside "uriRegexRewrite"',
  ],
  [`${TO_HTTPBIN}\n  fault: {abort: {}}`, 'must have one of "httpStatus", "grpcStatus"'],
  [`${TO_HTTPBIN}\n  fault: {abort: {grpcStatus: GONE}}`, 'unknown value "GONE" of field "grpcStatus" in "abort"'],
])('refuses %s', (http, message) => {
  expect(() => routesOf(`- ${http}`)).toThrow(message);
});

test('stops after a catch-all, and puts catch-alls of merged VirtualServices last', () => {
  const early = virtualService(`- name: all\n  ${TO_HTTPBIN}\n- name: never\n  ${TO_HTTPBIN}`, { name: 'a' });
  const late = virtualService(`- name: cat\n  match: [{uri: {prefix: /cat}}]\n  ${TO_HTTPBIN}`, { name: 'b' });
  expect(namesOf(listAt(gatewayTable(early + late), 'virtual_hosts', 0, 'routes'))).toEqual(['cat', 'all']);
});

test.each([
  ['port: 80', true],
  ['port: 8080', false],
  ['sourceLabels: {istio: ingressgateway}', true],
  ['sourceLabels: {app: other}', false],
  ['sourceNamespace: istio-system', true],
  ['sourceNamespace: default', false],
  ['gateways: [gateway], sourceLabels: {app: other}', true],
  ['gateways: [mesh]', false],
])('takes a route with the condition %s: %s', (match, isTaken) => {
  expect(routesOf(`- match: [{${match}}]\n  ${TO_HTTPBIN}`)).toHaveLength(isTaken ? 1 : 0);
});

test('names virtual hosts, ignores ports from 1.15 on, and matches any port before', () => {
  const manifests = virtualService(`- ${TO_HTTPBIN}`, { hosts: '[web.example.com, "*.example.org"]' });
  expect(gatewayTable(manifests, '1.15.0')).toMatchObject({
    ignore_port_in_host_matching: true,
    virtual_hosts: [{ name: 'web.example.com:80', domains: ['web.example.com', '*.example.org'] }],
  });
  expect(gatewayTable(manifests, '1.14.0')).toMatchObject({
    virtual_hosts: [
      {
        domains: ['web.example.com', 'web.example.com:*', '*.example.org', '*.example.org:80'],
        include_request_attempt_count: true,
      },
    ],
  });
});

test('answers 404 with an empty virtual host where no VirtualService fits', () => {
  expect(gatewayTable('')).toEqual({
    '@type': ROUTE_TYPE,
    name: 'http.80',
    virtual_hosts: [{ name: 'blackhole:80', domains: ['*'] }],
    validate_clusters: false,
    ignore_port_in_host_matching: true,
  });
});

test('hides a VirtualService that is exported to its own namespace only', () => {
  const manifests = virtualService(`- ${TO_HTTPBIN}`, { rest: 'exportTo: ["."]' });
  expect(namesOf(listAt(gatewayTable(manifests), 'virtual_hosts'))).toEqual(['blackhole:80']);
});

function sidecarTable(manifests: string, name: string, istioVersion = '1.17.2') {
  const mesh = createTestMesh({ manifests: BASE + manifests, istioVersion });
  return mesh.generate(createTestProxy({ istioVersion }), ROUTE_TYPE, [name])[0];
}

test('lets a sidecar call a Service by all its names, and anything else directly', () => {
  expect(sidecarTable('', '8000')).toMatchObject({
    virtual_hosts: [
      {
        name: 'httpbin.default.svc.cluster.local:8000',
        domains: [
          'httpbin.default.svc.cluster.local',
          'httpbin',
          'httpbin.default.svc',
          'httpbin.default',
          '10.43.0.80',
        ],
        routes: [
          { name: 'default', route: { cluster: 'outbound|8000||httpbin.default.svc.cluster.local', timeout: '0s' } },
        ],
      },
      { name: 'allow_any', domains: ['*'], routes: [{ route: { cluster: 'PassthroughCluster' } }] },
    ],
  });
});

test('refuses what no Service answers for when only the registry counts', () => {
  const mesh = createTestMesh({ manifests: BASE, outboundTrafficPolicy: 'REGISTRY_ONLY' });
  const [table] = mesh.generate(createTestProxy(), ROUTE_TYPE, ['8000']);
  expect(listAt(table, 'virtual_hosts').at(-1)).toMatchObject({
    name: 'block_all',
    routes: [{ direct_response: { status: 502 } }],
  });
});

test('uses a VirtualService of the mesh instead of the default route, and one of a gateway not at all', () => {
  const http = `- name: changed\n  timeout: 5s\n  ${TO_HTTPBIN}`;
  const ofMesh = sidecarTable(virtualService(http, { hosts: '[httpbin]', gateways: '[]' }), '8000');
  expect(listAt(ofMesh, 'virtual_hosts', 0, 'routes')).toMatchObject([{ name: 'changed', route: { timeout: '5s' } }]);
  const ofGateway = sidecarTable(virtualService(http, { hosts: '[httpbin]' }), '8000');
  expect(namesOf(listAt(ofGateway, 'virtual_hosts', 0, 'routes'))).toEqual(['default']);
});

test('takes hosts without a Service on port 80', () => {
  const manifests = virtualService(`- ${TO_HTTPBIN}`, { hosts: '[lambda.external]', gateways: '[mesh]' });
  expect(namesOf(listAt(sidecarTable(manifests, '80'), 'virtual_hosts'))).toEqual(['lambda.external:80', 'allow_any']);
});
