import { expect, test } from 'vitest';
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestPod, createTestProxy, GATEWAY, listAt } from '../mesh.ts';

const ROUTER = createTestProxy(GATEWAY);
const SIDECAR = createTestProxy();

function object(kind: string, name: string, spec: string): string {
  return `
apiVersion: networking.istio.io/v1beta1
kind: ${kind}
metadata: {name: ${name}, namespace: istio-system}
spec: ${spec}
---
`;
}

function gateway(server: string): string {
  return object('Gateway', 'gateway', `{selector: {istio: ingressgateway}, servers: [${server}]}`);
}

const PASSTHROUGH = gateway(
  '{port: {number: 443, name: tls, protocol: TLS}, hosts: ["*.example.com"], tls: {mode: PASSTHROUGH}}',
);

/** Of each chain: the names that choose it, and where its bytes go. */
function chainsOf(manifests: string, proxy: typeof ROUTER, name: string) {
  const listener = createTestMesh({ manifests })
    .generate(proxy, LISTENER_TYPE)
    .find((candidate) => candidate['name'] === name);
  return listAt(listener, 'filter_chains').map((chain) => {
    const filter = listAt(chain, 'filters').at(-1);
    const names = at(chain, 'filter_chain_match', 'server_names');
    const target = at(filter, 'typed_config', 'cluster') ?? at(filter, 'typed_config', 'weighted_clusters', 'clusters');
    return { names, target: target ?? at(filter, 'name') };
  });
}

test('passes TLS through by its SNI, each route for its names', () => {
  const routes = object(
    'VirtualService',
    'routes',
    `{
      hosts: ["*.example.com"],
      gateways: [gateway],
      tls: [
        {match: [{sniHosts: [a.example.com, other.com]}], route: [{destination: {host: a.svc, port: {number: 443}}}]},
        {match: [{port: 444, sniHosts: [never.example.com]}], route: [{destination: {host: never.svc}}]},
        {
          match: [{sniHosts: [b.example.com, a.example.com]}],
          route: [
            {destination: {host: b.svc, port: {number: 1}}, weight: 80},
            {destination: {host: c.svc, port: {number: 1}, subset: s}, weight: 20},
          ],
        },
      ],
    }`,
  );
  expect(chainsOf(PASSTHROUGH + routes, ROUTER, '0.0.0.0_443')).toEqual([
    { names: ['a.example.com'], target: 'outbound|443||a.svc' },
    {
      names: ['b.example.com'],
      target: [
        { name: 'outbound|1||b.svc', weight: 80 },
        { name: 'outbound|1|s|c.svc', weight: 20 },
      ],
    },
  ]);
});

test('does not listen on a port that passes nothing through', () => {
  expect(createTestMesh({ manifests: PASSTHROUGH }).generate(ROUTER, LISTENER_TYPE)).toEqual([]);
});

test('passes one name through beside one that ends here', () => {
  const servers = `{port: {number: 443, name: tls, protocol: TLS}, hosts: [a.example.com], tls: {mode: PASSTHROUGH}},
    {port: {number: 443, name: https, protocol: HTTPS}, hosts: [b.example.com], tls: {credentialName: b}}`;
  const routes = object(
    'VirtualService',
    'routes',
    '{hosts: [a.example.com], gateways: [gateway], tls: [{match: [{sniHosts: [a.example.com]}], route: [{destination: {host: a.svc}}]}]}',
  );
  expect(chainsOf(gateway(servers) + routes, ROUTER, '0.0.0.0_443')).toEqual([
    { names: ['a.example.com'], target: 'outbound|443||a.svc' },
    { names: ['b.example.com'], target: 'envoy.filters.network.http_connection_manager' },
  ]);
});

test.each([
  ['{port: {number: 9000, name: tcp, protocol: TCP}, hosts: ["*"]}', undefined],
  [
    '{port: {number: 9000, name: tls, protocol: TLS}, hosts: [a.example.com], tls: {credentialName: a}}',
    ['a.example.com'],
  ],
])('sends the bytes of %s where a TCP route says', (server, names) => {
  const routes = object(
    'VirtualService',
    'routes',
    '{hosts: ["*"], gateways: [gateway], tcp: [{match: [{port: 1}], route: [{destination: {host: b.svc}}]}, {route: [{destination: {host: a.svc, port: {number: 5}}}]}]}',
  );
  expect(chainsOf(gateway(server) + routes, ROUTER, '0.0.0.0_9000')).toEqual([{ names, target: 'outbound|5||a.svc' }]);
});

function entry(host: string, port: string, rest = ''): string {
  return object('ServiceEntry', host, `{hosts: [${host}], ports: [${port}], resolution: DNS${rest}}`);
}

const TLS_PORT = '{number: 443, name: tls, protocol: TLS}';

test('tells hosts without an address apart by SNI on a sidecar, and passes on what is for none', () => {
  const manifests = entry('a.example.com', TLS_PORT) + entry('b.example.com', TLS_PORT);
  expect(chainsOf(manifests, SIDECAR, '0.0.0.0_443')).toEqual([
    { names: ['a.example.com'], target: 'outbound|443||a.example.com' },
    { names: ['b.example.com'], target: 'outbound|443||b.example.com' },
  ]);
  const [listener] = createTestMesh({ manifests }).generate(SIDECAR, LISTENER_TYPE);
  expect(at(listener, 'default_filter_chain', 'name')).toBe('PassthroughFilterChain');
  expect(listAt(listener, 'listener_filters')).toHaveLength(1);
});

test('listens on the address of a host that has one, without looking at SNI', () => {
  const manifests = entry('a.example.com', TLS_PORT, ', addresses: [10.9.9.9]');
  expect(chainsOf(manifests, SIDECAR, '10.9.9.9_443')).toEqual([
    { names: undefined, target: 'outbound|443||a.example.com' },
  ]);
});

test('follows TLS and TCP routes of the mesh on a sidecar', () => {
  const toEgress = (layer: string, match: string) =>
    object(
      'VirtualService',
      layer,
      `{hosts: [${layer}.example.com], ${layer}: [{${match}route: [{destination: {host: egress.svc, port: {number: 443}}}]}]}`,
    );
  const manifests =
    entry('tls.example.com', TLS_PORT) +
    entry('tcp.example.com', '{number: 5432, name: tcp, protocol: TCP}') +
    toEgress('tls', 'match: [{port: 443, sniHosts: [tls.example.com]}], ') +
    toEgress('tcp', '');
  expect(chainsOf(manifests, SIDECAR, '0.0.0.0_443')).toEqual([
    { names: ['tls.example.com'], target: 'outbound|443||egress.svc' },
  ]);
  expect(chainsOf(manifests, SIDECAR, '0.0.0.0_5432')).toEqual([
    { names: undefined, target: 'outbound|443||egress.svc' },
  ]);
});

test('puts TLS hosts beside HTTP ones on the same port', () => {
  const manifests =
    entry('http.example.com', '{number: 80, name: http, protocol: HTTP}') +
    entry('tls.example.com', '{number: 80, name: tls, protocol: TLS}');
  expect(chainsOf(manifests, SIDECAR, '0.0.0.0_80')).toEqual([
    { names: undefined, target: 'envoy.filters.network.http_connection_manager' },
    { names: ['tls.example.com'], target: 'outbound|80||tls.example.com' },
  ]);
});

test('sends connections to some networks elsewhere, and the others where the Service leads', () => {
  const database = object(
    'ServiceEntry',
    'db',
    '{hosts: [db.example.com], addresses: [10.1.0.1], ports: [{number: 5432, name: tcp, protocol: TCP}], resolution: NONE}',
  );
  const routes = (more: string) =>
    object(
      'VirtualService',
      'db',
      `{hosts: [db.example.com], tcp: [
        {match: [{destinationSubnets: [10.1.0.0/16, 10.2.0.1]}], route: [{destination: {host: a.svc, port: {number: 1}}}]}${more},
      ]}`,
    );
  const chains = (manifests: string) =>
    listAt(
      createTestMesh({ manifests })
        .generate(SIDECAR, LISTENER_TYPE)
        .find(({ name }) => name === '10.1.0.1_5432'),
      'filter_chains',
    ).map((chain) => [
      listAt(chain, 'filter_chain_match', 'prefix_ranges').map(({ address_prefix: address }) => address),
      at(listAt(chain, 'filters').at(-1), 'typed_config', 'cluster'),
    ]);
  const toSubnets = [['10.1.0.0', '10.2.0.1'], 'outbound|1||a.svc'];
  expect(chains(database + routes(''))).toEqual([toSubnets, [[], 'outbound|5432||db.example.com']]);
  const other = ', {route: [{destination: {host: b.svc, port: {number: 2}}}]}';
  expect(chains(database + routes(other))).toEqual([toSubnets, [[], 'outbound|2||b.svc']]);
});

test.each([
  [
    '{hosts: [a], tcp: [{match: [{sourceSubnet: 10.0.0.0/8}], route: [{destination: {host: a}}]}]}',
    'field "sourceSubnet" in "match" is not supported',
  ],
  ['{hosts: [a], tls: [{route: [{destination: {host: a}}]}]}', 'missing field "match"'],
  ['{hosts: [a], tls: [{match: [{}], route: [{destination: {host: a}}]}]}', 'missing field "sniHosts"'],
  ['{hosts: [a], tcp: [{route: []}]}', 'must name a destination'],
])('refuses %s', (spec, message) => {
  expect(() => createTestMesh({ manifests: object('VirtualService', 'a', spec) })).toThrow(message);
});

test('passes mTLS on to the cluster that its SNI names', () => {
  const manifests = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: east-west, namespace: istio-system}
spec:
  selector: {istio: ingressgateway}
  servers:
    - {port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ['*.local']}
---
apiVersion: v1
kind: Service
metadata: {name: httpbin, namespace: default}
spec: {clusterIP: 10.43.0.20, ports: [{name: http, port: 8000, targetPort: 80}], selector: {app: httpbin}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: httpbin, namespace: default}
spec: {host: httpbin, subsets: [{name: v1, labels: {version: v1}}], trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: outside, namespace: default}
spec: {hosts: [a.local], ports: [{number: 443, name: https, protocol: HTTPS}], resolution: DNS}
`;
  const mesh = createTestMesh({ manifests, pods: [createTestPod()] });
  const bySni = 'outbound_.8000_._.httpbin.default.svc.cluster.local';
  const ofSubset = 'outbound_.8000_.v1_.httpbin.default.svc.cluster.local';
  const [listener] = mesh.generate(ROUTER, LISTENER_TYPE);
  expect(listAt(listener, 'filter_chains').map((chain) => at(chain, 'filter_chain_match', 'server_names'))).toEqual([
    [bySni],
    [ofSubset],
  ]);
  expect(JSON.stringify(listener)).toContain(`"cluster":"${bySni}"`);
  const clusters = mesh.generate(ROUTER, CLUSTER_TYPE).filter(({ name }) => name === bySni || name === ofSubset);
  expect(clusters).toHaveLength(2);
  expect(JSON.stringify(clusters)).not.toContain('transport_socket');
  const [assignment] = mesh.generate(ROUTER, ENDPOINT_TYPE, [bySni]);
  expect(at(assignment, 'endpoints', 0, 'lb_endpoints', 0, 'endpoint', 'address', 'socket_address')).toEqual({
    address: '10.42.0.5',
    port_value: 80,
  });
});
