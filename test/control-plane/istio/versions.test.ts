import { expect, test } from 'vitest';
import { CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestPod, createTestProxy, GATEWAY, listAt, managerOf, namesOf } from '../mesh.ts';

const MANIFESTS = `
apiVersion: v1
kind: Service
metadata: {name: httpbin, namespace: default}
spec: {clusterIP: 10.43.0.20, ports: [{name: http, port: 8000, targetPort: 80}], selector: {app: httpbin}}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: web, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['a.com']}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: default}
spec: {hosts: ['a.com'], gateways: [web], http: [{route: [{destination: {host: httpbin}}]}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: all, namespace: istio-system}
spec: {rules: [{}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: lambda, namespace: default}
spec: {hosts: [b.com], ports: [{number: 443, name: https, protocol: HTTPS}], resolution: DNS}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: lambda, namespace: default}
spec: {host: b.com, trafficPolicy: {tls: {mode: SIMPLE}}}
`;

function createMesh(istioVersion: string) {
  return createTestMesh({ manifests: MANIFESTS, istioVersion, pods: [createTestPod()] });
}

const SHORT_NAMES: Readonly<Record<string, string>> = {
  'istio.metadata_exchange': 'mx',
  'envoy.filters.http.rbac': 'rbac',
  'envoy.filters.http.grpc_stats': 'grpc_stats',
  'istio.alpn': 'alpn',
  'envoy.filters.http.fault': 'fault',
  'envoy.filters.http.cors': 'cors',
  'istio.stats': 'stats',
  'envoy.filters.http.router': 'router',
};

function filterNames(chain: Parameters<typeof managerOf>[0]): string {
  return namesOf(listAt(managerOf(chain), 'http_filters'))
    .map((name) => SHORT_NAMES[name] ?? name)
    .join(' ');
}

// istio/istio, `pilot/pkg/networking/core`, tag by tag.
test.each([
  ['1.11.0', 'mx rbac cors fault stats router', 'mx alpn cors fault stats router', 'mx rbac cors fault stats router'],
  [
    '1.14.0',
    'rbac mx alpn fault cors stats router',
    'mx alpn fault cors stats router',
    'rbac mx fault cors stats router',
  ],
  [
    '1.17.2',
    'mx rbac alpn fault cors stats router',
    'mx alpn fault cors stats router',
    'mx rbac fault cors stats router',
  ],
  [
    '1.20.0',
    'mx rbac grpc_stats alpn fault cors stats router',
    'mx grpc_stats alpn fault cors stats router',
    'mx rbac grpc_stats fault cors stats router',
  ],
  [
    '1.28.0',
    'mx rbac grpc_stats alpn fault cors stats router',
    'mx grpc_stats alpn fault cors stats router',
    'mx rbac grpc_stats fault cors stats router',
  ],
])('%s orders its HTTP filters', (version, gateway, outbound, inbound) => {
  const mesh = createMesh(version);
  const [ofGateway] = mesh.generate(createTestProxy(GATEWAY), LISTENER_TYPE);
  const ofSidecar = mesh.generate(createTestProxy(), LISTENER_TYPE);
  const find = (name: string) => ofSidecar.find((listener) => listener['name'] === name);
  expect(filterNames(at(ofGateway, 'filter_chains', 0))).toBe(gateway);
  expect(filterNames(at(find('0.0.0.0_8000'), 'filter_chains', 0))).toBe(outbound);
  const chains = listAt(find('virtualInbound'), 'filter_chains');
  expect(filterNames(chains.find(({ name }) => name === '0.0.0.0_80'))).toBe(inbound);
});

const WITH_503 = 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes';
const WITHOUT_503 = 'connect-failure,refused-stream,unavailable,cancelled';

test.each([
  { version: '1.11.0', domains: ['a.com', 'a.com:*'], balancing: 'ROUND_ROBIN', retryOn: WITH_503, verifies: false },
  { version: '1.14.0', domains: ['a.com', 'a.com:*'], balancing: 'LEAST_REQUEST', retryOn: WITH_503, verifies: false },
  { version: '1.15.0', domains: ['a.com'], balancing: 'LEAST_REQUEST', retryOn: WITH_503, verifies: false },
  { version: '1.17.2', domains: ['a.com'], balancing: 'LEAST_REQUEST', retryOn: WITH_503, verifies: false },
  { version: '1.20.0', domains: ['a.com'], balancing: 'LEAST_REQUEST', retryOn: WITH_503, verifies: false },
  { version: '1.21.0', domains: ['a.com'], balancing: 'LEAST_REQUEST', retryOn: WITH_503, verifies: true },
  { version: '1.22.0', domains: ['a.com'], balancing: 'LEAST_REQUEST', retryOn: WITH_503, verifies: true },
  { version: '1.24.0', domains: ['a.com'], balancing: 'LEAST_REQUEST', retryOn: WITHOUT_503, verifies: true },
  { version: '1.26.0', domains: ['a.com'], balancing: 'LEAST_REQUEST', retryOn: WITHOUT_503, verifies: true },
  { version: '1.28.0', domains: ['a.com'], balancing: 'LEAST_REQUEST', retryOn: WITHOUT_503, verifies: true },
])('$version has its own defaults', ({ version, domains, balancing, retryOn, verifies }) => {
  const mesh = createMesh(version);
  const proxy = createTestProxy({ ...GATEWAY, istioVersion: version });
  const [table] = mesh
    .generate(proxy, ROUTE_TYPE, ['http.8080', 'http.80'])
    .filter((each) => listAt(each, 'virtual_hosts').length > 0);
  const host = at(table, 'virtual_hosts', 0);
  expect(at(host, 'name')).toBe('a.com:80');
  expect(at(host, 'domains')).toEqual(domains);
  expect(at(host, 'routes', 0, 'route', 'retry_policy', 'retry_on')).toBe(retryOn);
  const clusters = mesh.generate(proxy, CLUSTER_TYPE);
  const find = (name: string) => clusters.find((cluster) => cluster['name'] === name);
  expect(at(find('outbound|8000||httpbin.default.svc.cluster.local'), 'lb_policy') ?? 'ROUND_ROBIN').toBe(balancing);
  const lambda = JSON.stringify(find('outbound|443||b.com'));
  expect(lambda.includes('"auto_sni":true')).toBe(verifies);
  expect(lambda.includes('file-root:system')).toBe(verifies);
});

test('keeps listeners and clusters in the order of istiod', () => {
  const mesh = createMesh('1.17.2');
  const names = (typeUrl: string, facts?: typeof GATEWAY) =>
    mesh.generate(createTestProxy(facts), typeUrl).map(({ name }) => name);
  expect(names(LISTENER_TYPE)).toEqual(['0.0.0.0_443', '0.0.0.0_8000', 'virtualOutbound', 'virtualInbound']);
  expect(names(LISTENER_TYPE, GATEWAY)).toEqual(['0.0.0.0_80']);
  expect(names(CLUSTER_TYPE)).toEqual([
    'outbound|443||b.com',
    'outbound|8000||httpbin.default.svc.cluster.local',
    'BlackHoleCluster',
    'PassthroughCluster',
    'inbound|80||',
    'InboundPassthroughClusterIpv4',
  ]);
});
