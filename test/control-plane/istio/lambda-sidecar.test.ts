import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestPod, createTestProxy, GATEWAY, listAt, managerOf, namesOf } from '../mesh.ts';

const MANIFESTS = readFileSync(new URL('../fixtures/lambda-sidecar.yaml', import.meta.url), 'utf8');
const SIDECAR = createTestProxy({ istioVersion: '1.11.0' });
const ROUTER = createTestProxy({ ...GATEWAY, istioVersion: '1.11.0' });

function setUp() {
  return createTestMesh({
    manifests: MANIFESTS,
    istioVersion: '1.11.0',
    pods: [
      createTestPod(),
      createTestPod({
        name: 'gateway-1',
        namespace: 'istio-system',
        ip: '10.42.0.9',
        labels: { istio: 'ingressgateway' },
      }),
    ],
  });
}

function findListener(name: string, proxy = SIDECAR) {
  return setUp()
    .generate(proxy, LISTENER_TYPE)
    .find((listener) => listener['name'] === name);
}

test('names the clusters of a sidecar, in order', () => {
  expect(namesOf(setUp().generate(SIDECAR, CLUSTER_TYPE))).toEqual([
    'outbound|8000||httpbin.default.svc.cluster.local',
    'outbound|80||istio-ingressgateway.istio-system.svc.cluster.local',
    'BlackHoleCluster',
    'PassthroughCluster',
    'lambda_egress_gateway',
    'inbound|80||',
    'InboundPassthroughClusterIpv4',
  ]);
});

test('keeps the clusters that an EnvoyFilter adds away from proxies it does not select', () => {
  expect(namesOf(setUp().generate(ROUTER, CLUSTER_TYPE))).toEqual([
    'outbound|8000||httpbin.default.svc.cluster.local',
    'outbound|80||istio-ingressgateway.istio-system.svc.cluster.local',
    'BlackHoleCluster',
  ]);
});

test('names the listeners of a sidecar and of a gateway', () => {
  expect(namesOf(setUp().generate(SIDECAR, LISTENER_TYPE))).toEqual([
    '0.0.0.0_80',
    '0.0.0.0_8000',
    'virtualOutbound',
    'virtualInbound',
  ]);
  expect(namesOf(setUp().generate(ROUTER, LISTENER_TYPE))).toEqual(['0.0.0.0_8080']);
});

test('has a plain and an mTLS chain for the inbound port', () => {
  const chains = listAt(findListener('virtualInbound'), 'filter_chains').filter(({ name }) => name === '0.0.0.0_80');
  expect(chains.map(({ filter_chain_match: match }) => match)).toEqual([
    {
      destination_port: 80,
      transport_protocol: 'tls',
      application_protocols: ['istio', 'istio-peer-exchange', 'istio-http/1.0', 'istio-http/1.1', 'istio-h2'],
    },
    { destination_port: 80, transport_protocol: 'raw_buffer' },
  ]);
  expect(chains.map((chain) => at(chain, 'transport_socket', 'typed_config', 'require_client_certificate'))).toEqual([
    true,
    undefined,
  ]);
});

test('puts the Lambda filter before the router, the routes first, and strips the port', () => {
  const chains = listAt(findListener('virtualInbound'), 'filter_chains').filter(({ name }) => name === '0.0.0.0_80');
  for (const manager of chains.map(managerOf)) {
    expect(namesOf(listAt(manager, 'http_filters'))).toEqual([
      'istio.metadata_exchange',
      'envoy.filters.http.cors',
      'envoy.filters.http.fault',
      'istio.stats',
      'envoy.filters.http.aws_lambda',
      'envoy.filters.http.router',
    ]);
    expect(at(manager, 'strip_any_host_port')).toBe(true);
    expect(namesOf(listAt(manager, 'route_config', 'virtual_hosts', 0, 'routes'))).toEqual(['cat', 'default']);
  }
});

test('gives the routes of an EnvoyFilter no timeout of its own', () => {
  const chains = listAt(findListener('virtualInbound'), 'filter_chains').filter(({ name }) => name === '0.0.0.0_80');
  const routes = listAt(managerOf(chains[0]), 'route_config', 'virtual_hosts', 0, 'routes');
  expect(routes.map((route) => at(route, 'route', 'timeout'))).toEqual([undefined, '0s']);
});

test('sends the gateway to the workload, where endpoints speak mTLS', () => {
  const mesh = setUp();
  expect(mesh.generate(ROUTER, ENDPOINT_TYPE, ['outbound|8000||httpbin.default.svc.cluster.local'])).toMatchObject([
    {
      endpoints: [
        {
          lb_endpoints: [
            {
              endpoint: { address: { socket_address: { address: '10.42.0.5', port_value: 80 } } },
              metadata: { filter_metadata: { 'envoy.transport_socket_match': { tlsMode: 'istio' } } },
            },
          ],
        },
      ],
    },
  ]);
});

test.each([
  ['clusters of the sidecar', SIDECAR, CLUSTER_TYPE, []],
  ['listeners of the sidecar', SIDECAR, LISTENER_TYPE, []],
  ['routes of the sidecar', SIDECAR, ROUTE_TYPE, ['80', '8000']],
  ['listeners of the gateway', ROUTER, LISTENER_TYPE, []],
  ['routes of the gateway', ROUTER, ROUTE_TYPE, ['http.8080']],
] as const)('generates the %s as recorded', async (title, proxy, typeUrl, names) => {
  const resources = setUp().generate(proxy, typeUrl, names);
  const file = `../fixtures/xds/${title.replaceAll(' ', '-')}.json.snap`;
  await expect(`${JSON.stringify(resources, null, 2)}\n`).toMatchFileSnapshot(file);
});
