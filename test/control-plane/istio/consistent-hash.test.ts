import { expect, test } from 'vitest';
import { CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestProxy, GATEWAY, listAt } from '../mesh.ts';

const HOST = 'httpbin.default.svc.cluster.local';
const SIDECAR = createTestProxy();

const BASE = `
apiVersion: v1
kind: Service
metadata: {name: httpbin}
spec: {clusterIP: 10.43.0.80, ports: [{name: http, port: 80}, {name: tcp, port: 9000}], selector: {app: httpbin}}
---
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: {name: gateway}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
---
`;

function object(kind: string, name: string, spec: string): string {
  return `
apiVersion: networking.istio.io/v1beta1
kind: ${kind}
metadata: {name: ${name}}
spec: ${spec}
---
`;
}

const rule = (hash: string, rest = ''): string =>
  object('DestinationRule', 'rule', `{host: httpbin, trafficPolicy: {loadBalancer: {consistentHash: ${hash}}}${rest}}`);

function clusterOf(manifests: string) {
  const clusters = createTestMesh({ manifests: BASE + manifests }).generate(SIDECAR, CLUSTER_TYPE);
  return clusters.find(({ name }) => name === `outbound|80||${HOST}`);
}

test.each([
  ['{httpHeaderName: x}', { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: '1024' } }],
  [
    '{httpHeaderName: x, minimumRingSize: 7}',
    { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: '7' } },
  ],
  [
    '{httpHeaderName: x, ringHash: {minimumRingSize: 8}}',
    { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: '8' } },
  ],
  ['{httpHeaderName: x, maglev: {tableSize: 101}}', { lb_policy: 'MAGLEV', maglev_lb_config: { table_size: '101' } }],
  ['{httpHeaderName: x, maglev: {}}', { lb_policy: 'MAGLEV' }],
])('places endpoints by %s', (hash, expected) => {
  expect(clusterOf(rule(hash))).toMatchObject(expected);
});

function routeTo(destination: string, manifests: string, istioVersion?: string) {
  const routes = object(
    'VirtualService',
    'web',
    `{hosts: ['*'], gateways: [gateway], http: [{route: ${destination}}]}`,
  );
  const mesh = createTestMesh({ manifests: BASE + routes + manifests, ...(istioVersion && { istioVersion }) });
  const [table] = mesh.generate(createTestProxy(GATEWAY), ROUTE_TYPE, ['http.80']);
  return at(listAt(table, 'virtual_hosts', 0, 'routes')[0], 'route');
}

const TO_HTTPBIN = '[{destination: {host: httpbin, port: {number: 80}}}]';

test.each([
  ['{httpHeaderName: x-user}', { header: { header_name: 'x-user' } }],
  ['{httpQueryParameterName: user}', { query_parameter: { name: 'user' } }],
  ['{useSourceIp: true}', { connection_properties: { source_ip: true } }],
  [
    '{httpCookie: {name: sid, path: /a, ttl: 1m30s, attributes: [{name: SameSite, value: Lax}, {name: Secure}]}}',
    {
      cookie: {
        name: 'sid',
        path: '/a',
        ttl: '90s',
        attributes: [{ name: 'SameSite', value: 'Lax' }, { name: 'Secure' }],
      },
    },
  ],
])('tells routes to hash by %s', (hash, policy) => {
  expect(at(routeTo(TO_HTTPBIN, rule(hash)), 'hash_policy')).toEqual([policy]);
});

test('hashes nothing without a rule, and for one that says only how endpoints are placed', () => {
  expect(at(routeTo(TO_HTTPBIN, ''), 'hash_policy')).toBeUndefined();
  expect(at(routeTo(TO_HTTPBIN, rule('{maglev: {}}')), 'hash_policy')).toBeUndefined();
});

test('takes the settings of the port, then those of the subset, before those of the rule', () => {
  const of = (header: string): string => `{loadBalancer: {consistentHash: {httpHeaderName: ${header}}}}`;
  const ofPort = `{port: {number: 80}, loadBalancer: {consistentHash: {httpHeaderName: port}}}`;
  const rules = object(
    'DestinationRule',
    'rule',
    `{host: httpbin, trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: rule}}, portLevelSettings: [${ofPort}]},
      subsets: [{name: v1, trafficPolicy: ${of('subset')}}, {name: v2}]}`,
  );
  const headerOf = (destination: string) =>
    at(routeTo(`[{destination: ${destination}}]`, rules), 'hash_policy', 0, 'header', 'header_name');
  expect(headerOf('{host: httpbin, subset: v1, port: {number: 80}}')).toBe('subset');
  expect(headerOf('{host: httpbin, subset: v2, port: {number: 80}}')).toBe('port');
  expect(headerOf('{host: httpbin, port: {number: 9000}}')).toBe('rule');
});

// istio/istio#50759
test.each([
  ['1.22.0', 1],
  ['1.23.0', 0],
])('retries at an endpoint that was not tried in %s: %i', (version, count) => {
  const route = routeTo(TO_HTTPBIN, rule('{useSourceIp: true}'), version);
  expect(listAt(route, 'retry_policy', 'retry_host_predicate')).toHaveLength(count);
});

test('hashes on the default route of a sidecar, and connections by their source', () => {
  const mesh = createTestMesh({ manifests: BASE + rule('{useSourceIp: true}') });
  const [table] = mesh.generate(SIDECAR, ROUTE_TYPE, ['80']);
  expect(at(listAt(table, 'virtual_hosts', 0, 'routes')[0], 'route', 'hash_policy')).toEqual([
    { connection_properties: { source_ip: true } },
  ]);
  const listener = mesh.generate(SIDECAR, LISTENER_TYPE).find(({ name }) => name === '10.43.0.80_9000');
  const proxy = listAt(listener, 'filter_chains', 0, 'filters').at(-1);
  expect(at(proxy, 'typed_config', 'hash_policy')).toEqual([{ source_ip: {} }]);
});

test('limits connections that are passed on as bytes in time', () => {
  const pool = '{tcp: {idleTimeout: 5m, maxConnectionDuration: 1h}}';
  const manifests = object('DestinationRule', 'rule', `{host: httpbin, trafficPolicy: {connectionPool: ${pool}}}`);
  const listeners = createTestMesh({ manifests: BASE + manifests }).generate(SIDECAR, LISTENER_TYPE);
  const listener = listeners.find(({ name }) => name === '10.43.0.80_9000');
  expect(at(listAt(listener, 'filter_chains', 0, 'filters').at(-1), 'typed_config')).toMatchObject({
    idle_timeout: '300s',
    max_downstream_connection_duration: '3600s',
  });
});
