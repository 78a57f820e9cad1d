import { expect, test } from 'vitest';
import { CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestProxy, GATEWAY, listAt, managerOf, namesOf } from '../mesh.ts';

const BASE = `
apiVersion: v1
kind: Service
metadata: {name: httpbin}
spec: {clusterIP: 10.43.0.80, ports: [{name: http, port: 8000, targetPort: 80}], selector: {app: httpbin}}
---
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec: {clusterIP: 10.43.0.90, ports: [{name: http2, port: 80, targetPort: 8080}], selector: {istio: ingressgateway}}
---
apiVersion: networking.istio.io/v1alpha3
kind: Gateway
metadata: {name: gateway, namespace: istio-system}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
---
apiVersion: networking.istio.io/v1alpha3
kind: VirtualService
metadata: {name: web, namespace: istio-system}
spec:
  hosts: ['web.example.com']
  gateways: [gateway]
  http:
    - name: first
      match: [{uri: {prefix: /a}}]
      route: [{destination: {host: httpbin.default.svc.cluster.local}}]
    - name: second
      redirect: {uri: /b}
`;

interface FilterOptions {
  readonly name?: string;
  readonly namespace?: string;
  readonly priority?: number;
}

/** An EnvoyFilter for every proxy of its namespace. */
function filter(patches: string, { name = 'patch', namespace = 'default', priority = 0 }: FilterOptions = {}): string {
  return `
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  priority: ${priority}
  configPatches:
${patches.replace(/^/gm, '    ')}
`;
}

const ROUTER_CLUSTER = `- applyTo: CLUSTER
  match: {context: ANY}
  patch: {operation: ADD, value: {name: added}}`;

function sidecarHttpFilters(patches: string): unknown {
  const mesh = createTestMesh({ manifests: BASE + filter(patches) });
  const inbound = mesh.generate(createTestProxy(), LISTENER_TYPE).find(({ name }) => name === 'virtualInbound');
  const chain = listAt(inbound, 'filter_chains').find(({ name }) => name === '0.0.0.0_80');
  return namesOf(listAt(managerOf(chain), 'http_filters')).map((name) => name.replace('envoy.filters.http.', ''));
}

function httpFilterPatch(operation: string, match: string, name = 'lua'): string {
  const type = 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua';
  return `- applyTo: HTTP_FILTER
  match:
    context: SIDECAR_INBOUND
    listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager${match}}}}
  patch:
    operation: ${operation}
    value: {name: ${name}, typed_config: {'@type': ${type}}}`;
}

const BEFORE = ['istio.metadata_exchange', 'fault', 'cors', 'istio.stats', 'router'];
const AT_CORS = ', subFilter: {name: envoy.filters.http.cors}';

test.each([
  ['ADD', '', [...BEFORE, 'lua']],
  ['INSERT_FIRST', '', ['lua', ...BEFORE]],
  ['INSERT_BEFORE', '', ['lua', ...BEFORE]],
  ['INSERT_AFTER', '', [...BEFORE, 'lua']],
  ['INSERT_BEFORE', AT_CORS, ['istio.metadata_exchange', 'fault', 'lua', 'cors', 'istio.stats', 'router']],
  ['INSERT_AFTER', AT_CORS, ['istio.metadata_exchange', 'fault', 'cors', 'lua', 'istio.stats', 'router']],
  [
    'INSERT_BEFORE',
    ', subFilter: {name: envoy.cors}',
    ['istio.metadata_exchange', 'fault', 'lua', 'cors', 'istio.stats', 'router'],
  ],
  ['INSERT_BEFORE', ', subFilter: {name: none}', BEFORE],
  ['INSERT_AFTER', ', subFilter: {name: none}', BEFORE],
  ['REPLACE', AT_CORS, ['istio.metadata_exchange', 'fault', 'lua', 'istio.stats', 'router']],
  ['REPLACE', '', BEFORE],
  ['REMOVE', AT_CORS, ['istio.metadata_exchange', 'fault', 'istio.stats', 'router']],
])('HTTP_FILTER %s%s', (operation, match, expected) => {
  expect(sidecarHttpFilters(httpFilterPatch(operation, match))).toEqual(expected);
});

test('a merge reaches a filter that another patch inserted', () => {
  const lua = httpFilterPatch('INSERT_FIRST', '');
  const merge = `- applyTo: HTTP_FILTER
  match:
    context: SIDECAR_INBOUND
    listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: lua}}}}
  patch:
    operation: MERGE
    value:
      name: lua
      typed_config:
        '@type': type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua
        inline_code: return`;
  const mesh = createTestMesh({ manifests: BASE + filter(`${merge}\n${lua}`) });
  const inbound = mesh.generate(createTestProxy(), LISTENER_TYPE).find(({ name }) => name === 'virtualInbound');
  const chain = listAt(inbound, 'filter_chains').find(({ name }) => name === '0.0.0.0_80');
  expect(at(managerOf(chain), 'http_filters', 0, 'typed_config', 'inline_code')).toBe('return');
});

test.each([
  ['no port', '', true],
  ['the port of the pod', 'portNumber: 80, ', true],
  ['the port of the Service', 'portNumber: 8000, ', false],
  ['another listener', 'name: virtualOutbound, ', false],
])('a patch of the inbound listener that names %s', (_title, match, isApplied) => {
  const patch = `- applyTo: NETWORK_FILTER
  match:
    context: SIDECAR_INBOUND
    listener: {${match}filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}
  patch:
    operation: MERGE
    value:
      name: envoy.filters.network.http_connection_manager
      typed_config:
        '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
        strip_any_host_port: true
        stream_idle_timeout: 5s
        normalize_path: false
        upgrade_configs: [{upgrade_type: CONNECT}]`;
  const mesh = createTestMesh({ manifests: BASE + filter(patch) });
  const inbound = mesh.generate(createTestProxy(), LISTENER_TYPE).find(({ name }) => name === 'virtualInbound');
  const chain = listAt(inbound, 'filter_chains').find(({ name }) => name === '0.0.0.0_80');
  expect(managerOf(chain)).toMatchObject(
    isApplied
      ? // Lists grow, durations are replaced, and false is the same as nothing said.
        {
          strip_any_host_port: true,
          stream_idle_timeout: '5s',
          normalize_path: true,
          upgrade_configs: [{ upgrade_type: 'websocket' }, { upgrade_type: 'CONNECT' }],
        }
      : { stream_idle_timeout: '0s', upgrade_configs: [{ upgrade_type: 'websocket' }] },
  );
});

function gatewayRoutes(patches: string) {
  const mesh = createTestMesh({ manifests: BASE + filter(patches, { namespace: 'istio-system' }) });
  const [table] = mesh.generate(createTestProxy(GATEWAY), ROUTE_TYPE, ['http.8080']);
  return table;
}

function routePatch(operation: string, match: string): string {
  return `- applyTo: HTTP_ROUTE
  match: {context: GATEWAY, routeConfiguration: {${match}}}
  patch: {operation: ${operation}, value: {name: new, match: {prefix: /new}, direct_response: {status: 204}}}`;
}

test.each([
  ['ADD', 'vhost: {name: "web.example.com:80"}', ['first', 'second', 'new']],
  ['INSERT_FIRST', 'vhost: {}', ['new', 'first', 'second']],
  ['INSERT_BEFORE', 'vhost: {route: {name: second}}', ['first', 'new', 'second']],
  ['INSERT_AFTER', 'vhost: {route: {action: ROUTE}}', ['first', 'new', 'second']],
  ['INSERT_FIRST', 'vhost: {route: {name: second}}', ['new', 'first', 'second']],
  ['INSERT_FIRST', 'vhost: {route: {name: none}}', ['first', 'second']],
  ['REMOVE', 'vhost: {route: {action: REDIRECT}}', ['first']],
  ['ADD', 'vhost: {name: other}', ['first', 'second']],
  ['ADD', 'name: http.8080', ['first', 'second', 'new']],
  ['ADD', 'name: http.80', ['first', 'second']],
  ['ADD', 'portNumber: 80', ['first', 'second', 'new']],
  ['ADD', 'portNumber: 8080', ['first', 'second']],
])('HTTP_ROUTE %s where %s', (operation, match, expected) => {
  expect(namesOf(listAt(gatewayRoutes(routePatch(operation, match)), 'virtual_hosts', 0, 'routes'))).toEqual(expected);
});

test('merges into routes, virtual hosts and the table', () => {
  const table = gatewayRoutes(`- applyTo: HTTP_ROUTE
  match: {context: GATEWAY, routeConfiguration: {vhost: {route: {name: first}}}}
  patch: {operation: MERGE, value: {route: {timeout: 7s}}}
- applyTo: VIRTUAL_HOST
  match: {context: GATEWAY}
  patch: {operation: MERGE, value: {domains: [www.example.com]}}
- applyTo: VIRTUAL_HOST
  match: {context: GATEWAY}
  patch: {operation: ADD, value: {name: added, domains: [added.example.com]}}
- applyTo: ROUTE_CONFIGURATION
  match: {context: GATEWAY}
  patch: {operation: MERGE, value: {request_headers_to_remove: [x-test]}}`);
  expect(table).toMatchObject({
    request_headers_to_remove: ['x-test'],
    virtual_hosts: [
      { domains: ['web.example.com', 'www.example.com'], routes: [{ route: { timeout: '7s' } }, { name: 'second' }] },
      { name: 'added' },
    ],
  });
});

function clustersWith(patches: string, facts: Parameters<typeof createTestProxy>[0] = {}) {
  const namespace = facts.namespace ?? 'default';
  return createTestMesh({ manifests: BASE + filter(patches, { namespace }) }).generate(
    createTestProxy(facts),
    CLUSTER_TYPE,
  );
}

test('CLUSTER ADD without context reaches the outbound side and gateways, once', () => {
  expect(namesOf(clustersWith(ROUTER_CLUSTER)).filter((name) => name === 'added')).toHaveLength(1);
  expect(namesOf(clustersWith(ROUTER_CLUSTER, GATEWAY))).toContain('added');
});

test('CLUSTER REMOVE and MERGE find clusters by name, service and port', () => {
  const clusters = clustersWith(`- applyTo: CLUSTER
  match: {context: SIDECAR_OUTBOUND, cluster: {name: PassthroughCluster}}
  patch: {operation: REMOVE}
- applyTo: CLUSTER
  match: {context: SIDECAR_OUTBOUND, cluster: {service: httpbin.default.svc.cluster.local, portNumber: 8000}}
  patch: {operation: MERGE, value: {connect_timeout: 0.25s}}
- applyTo: CLUSTER
  match: {context: SIDECAR_INBOUND, cluster: {service: httpbin.default.svc.cluster.local}}
  patch: {operation: MERGE, value: {connect_timeout: 1s}}`);
  expect(clusters.map((cluster) => [cluster['name'], cluster['connect_timeout']])).toEqual([
    ['outbound|8000||httpbin.default.svc.cluster.local', '0.250s'],
    ['outbound|80||istio-ingressgateway.istio-system.svc.cluster.local', '10s'],
    ['BlackHoleCluster', '10s'],
    ['inbound|80||', '1s'],
    ['InboundPassthroughClusterIpv4', '10s'],
  ]);
});

test('CLUSTER MERGE of a transport socket changes the socket of that name and nothing else', () => {
  const [cluster] = clustersWith(`- applyTo: CLUSTER
  match: {context: SIDECAR_OUTBOUND, cluster: {service: httpbin.default.svc.cluster.local}}
  patch:
    operation: MERGE
    value:
      connect_timeout: 1s
      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          '@type': type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
          sni: other`);
  expect(cluster).toMatchObject({ connect_timeout: '10s' });
  expect(at(cluster, 'transport_socket_matches', 0, 'transport_socket', 'typed_config')).toMatchObject({
    sni: 'other',
    common_tls_context: { alpn_protocols: ['istio-peer-exchange', 'istio'] },
  });
});

test('applies the root namespace first, then by priority, then by name', () => {
  const add = (name: string) => `- applyTo: CLUSTER
  match: {context: SIDECAR_OUTBOUND}
  patch: {operation: ADD, value: {name: ${name}}}`;
  const manifests =
    BASE +
    filter(add('own-b'), { name: 'b' }) +
    filter(add('own-a'), { name: 'a' }) +
    filter(add('own-early'), { name: 'z', priority: -1 }) +
    filter(add('root'), { name: 'root', namespace: 'istio-system', priority: 9 }) +
    filter(add('foreign'), { name: 'foreign', namespace: 'kube-system' });
  const names = namesOf(createTestMesh({ manifests }).generate(createTestProxy(), CLUSTER_TYPE));
  expect(names.filter((name) => /^(own|root|foreign)/.test(name))).toEqual(['root', 'own-early', 'own-a', 'own-b']);
});

test.each([
  ['^1\\.17.*', true],
  ['^1\\.18.*', false],
  ['(', false],
])('asks the proxy version %s', (proxyVersion, isApplied) => {
  const patch = ROUTER_CLUSTER.replace('context: ANY', `context: ANY, proxy: {proxyVersion: '${proxyVersion}'}`);
  expect(namesOf(clustersWith(patch)).includes('added')).toBe(isApplied);
});

test('leaves out a patch of unknown type, says so once, and applies the others', () => {
  const manifests =
    BASE + filter(`${httpFilterPatch('INSERT_FIRST', '').replace('lua.v3.Lua', 'nothing.v3.Such')}\n${ROUTER_CLUSTER}`);
  const mesh = createTestMesh({ manifests });
  expect(namesOf(mesh.generate(createTestProxy(), CLUSTER_TYPE))).toContain('added');
  mesh.generate(createTestProxy(), LISTENER_TYPE);
  expect(mesh.skippedPatches).toEqual([
    expect.stringMatching(/^EnvoyFilter "default\/patch": patch 1 \(HTTP_FILTER\) left out: .*nothing\.v3\.Such/),
  ]);
});

test('reads values leniently: a field that the message does not have is passed over', () => {
  const patch = ROUTER_CLUSTER.replace('name: added', 'name: added, no_such_field: 1');
  expect(namesOf(clustersWith(patch))).toContain('added');
});

test('adds and removes listeners and filter chains', () => {
  const patches = `- applyTo: LISTENER
  match: {context: SIDECAR_OUTBOUND, listener: {name: 0.0.0.0_80}}
  patch: {operation: REMOVE}
- applyTo: LISTENER
  match: {context: SIDECAR_OUTBOUND}
  patch: {operation: ADD, value: {name: added}}
- applyTo: FILTER_CHAIN
  match: {context: SIDECAR_INBOUND, listener: {filterChain: {transportProtocol: tls}}}
  patch: {operation: REMOVE}
- applyTo: FILTER_CHAIN
  match: {context: SIDECAR_INBOUND}
  patch: {operation: ADD, value: {name: added}}
- applyTo: LISTENER_FILTER
  match: {context: SIDECAR_INBOUND, listener: {listenerFilter: envoy.filters.listener.tls_inspector}}
  patch: {operation: REMOVE}`;
  const listeners = createTestMesh({ manifests: BASE + filter(patches) }).generate(createTestProxy(), LISTENER_TYPE);
  expect(namesOf(listeners)).toEqual(['0.0.0.0_8000', 'virtualOutbound', 'added', 'virtualInbound']);
  const inbound = listeners.at(-1);
  expect(namesOf(listAt(inbound, 'filter_chains'))).toEqual([
    'virtualInbound-blackhole',
    'virtualInbound-catchall-http',
    'virtualInbound',
    '0.0.0.0_80',
    'added',
  ]);
  expect(namesOf(listAt(inbound, 'listener_filters'))).toEqual([
    'envoy.filters.listener.original_dst',
    'envoy.filters.listener.http_inspector',
  ]);
});
