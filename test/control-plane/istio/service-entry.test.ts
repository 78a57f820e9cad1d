import { expect, test } from 'vitest';
import { CLUSTER_TYPE, ENDPOINT_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestPod, createTestProxy, GATEWAY, listAt, namesOf } from '../mesh.ts';

const SIDECAR = createTestProxy();
const ROUTER = createTestProxy(GATEWAY);

function serviceEntry(spec: string, { name = 'external', namespace = 'default' } = {}): string {
  return `
apiVersion: networking.istio.io/v1beta1
kind: ServiceEntry
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
---
`;
}

function workloadEntry(spec: string, name = 'vm'): string {
  return `
apiVersion: networking.istio.io/v1beta1
kind: WorkloadEntry
metadata: {name: ${name}}
spec: ${spec}
---
`;
}

const HTTP_PORT = 'ports: [{number: 80, name: http, protocol: HTTP}]';

function clusterOf(manifests: string, name: string, proxy = SIDECAR) {
  const clusters = createTestMesh({ manifests, pods: [createTestPod()] }).generate(proxy, CLUSTER_TYPE);
  return clusters.find((cluster) => cluster['name'] === name);
}

function addressesOf(assignment: Parameters<typeof listAt>[0]): unknown[] {
  return listAt(assignment, 'endpoints', 0, 'lb_endpoints').map((endpoint) =>
    at(endpoint, 'endpoint', 'address', 'socket_address'),
  );
}

test('looks a host up in DNS: itself, on its port', () => {
  const cluster = clusterOf(
    serviceEntry(`{hosts: [api.example.com], ${HTTP_PORT}, resolution: DNS}`),
    'outbound|80||api.example.com',
  );
  expect(cluster).toMatchObject({
    type: 'STRICT_DNS',
    dns_lookup_family: 'V4_ONLY',
    dns_refresh_rate: '60s',
    respect_dns_ttl: true,
    connect_timeout: '10s',
    lb_policy: 'LEAST_REQUEST',
  });
  expect(cluster).not.toHaveProperty('transport_socket_matches');
  expect(addressesOf(at(cluster, 'load_assignment'))).toEqual([{ address: 'api.example.com', port_value: 80 }]);
});

test('gives an endpoint its own port by the name of the port', () => {
  const endpoints =
    'endpoints: [{address: a.example.com, ports: {http: 443}}, {address: b.example.com, ports: {other: 1}}]';
  const cluster = clusterOf(
    serviceEntry(`{hosts: [api.example.com], ${HTTP_PORT}, resolution: DNS, ${endpoints}}`),
    'outbound|80||api.example.com',
  );
  expect(addressesOf(at(cluster, 'load_assignment'))).toEqual([
    { address: 'a.example.com', port_value: 443 },
    { address: 'b.example.com', port_value: 80 },
  ]);
});

test.each([
  ['DNS_ROUND_ROBIN', SIDECAR, 'LOGICAL_DNS', 'LEAST_REQUEST'],
  ['STATIC', SIDECAR, 'EDS', 'LEAST_REQUEST'],
  ['NONE', SIDECAR, 'ORIGINAL_DST', 'CLUSTER_PROVIDED'],
  ['NONE', ROUTER, 'EDS', 'LEAST_REQUEST'],
])('makes resolution %s a cluster', (resolution, proxy, type, policy) => {
  const cluster = clusterOf(
    serviceEntry(`{hosts: [api.example.com], ${HTTP_PORT}, resolution: ${resolution}}`),
    'outbound|80||api.example.com',
    proxy,
  );
  // Proto JSON leaves out the first value of an enum: STATIC and ROUND_ROBIN.
  expect([cluster?.['type'], cluster?.['lb_policy']]).toEqual([type, policy]);
});

test('sends endpoints of a STATIC entry with EDS, from its list or from what it selects', () => {
  const listed = serviceEntry(
    `{hosts: [listed.example.com], ${HTTP_PORT}, resolution: STATIC, endpoints: [{address: 10.9.0.1, weight: 3}, {address: 10.9.0.2}]}`,
  );
  const selecting = serviceEntry(
    `{hosts: [selecting.example.com], ${HTTP_PORT}, resolution: STATIC, location: MESH_INTERNAL, workloadSelector: {labels: {app: httpbin}}}`,
    { name: 'selecting' },
  );
  const workloads =
    workloadEntry('{address: 10.8.0.1, labels: {app: httpbin, security.istio.io/tlsMode: istio}, serviceAccount: vm}') +
    workloadEntry('{address: 10.8.0.2, labels: {app: other}}', 'other');
  const mesh = createTestMesh({ manifests: listed + selecting + workloads, pods: [createTestPod()] });
  const [first, second] = mesh.generate(SIDECAR, ENDPOINT_TYPE, [
    'outbound|80||listed.example.com',
    'outbound|80||selecting.example.com',
  ]);
  expect(addressesOf(first)).toEqual([
    { address: '10.9.0.1', port_value: 80 },
    { address: '10.9.0.2', port_value: 80 },
  ]);
  expect(at(first, 'endpoints', 0, 'load_balancing_weight')).toBe(4);
  expect(addressesOf(second)).toEqual([
    { address: '10.42.0.5', port_value: 80 },
    { address: '10.8.0.1', port_value: 80 },
  ]);
  expect(at(second, 'endpoints', 0, 'lb_endpoints', 1, 'metadata', 'filter_metadata')).toEqual({
    'envoy.transport_socket_match': { tlsMode: 'istio' },
  });
});

test('asks mesh workloads of an entry for mTLS with their identities', () => {
  const manifests =
    serviceEntry(
      `{hosts: [vm.example.com], ${HTTP_PORT}, resolution: STATIC, location: MESH_INTERNAL, workloadSelector: {labels: {app: vm}}}`,
    ) + workloadEntry('{address: 10.8.0.1, labels: {app: vm}, serviceAccount: vm}');
  const cluster = clusterOf(manifests, 'outbound|80||vm.example.com');
  const context = at(cluster, 'transport_socket_matches', 0, 'transport_socket', 'typed_config', 'common_tls_context');
  expect(at(context, 'combined_validation_context', 'default_validation_context')).toEqual({
    match_subject_alt_names: [{ exact: 'spiffe://cluster.local/ns/default/sa/vm' }],
  });
});

test('hides an entry from namespaces that it is not exported to', () => {
  const own = serviceEntry(`{hosts: [api.example.com], ${HTTP_PORT}, resolution: DNS, exportTo: [.]}`);
  expect(clusterOf(own, 'outbound|80||api.example.com')).toBeDefined();
  expect(clusterOf(own, 'outbound|80||api.example.com', ROUTER)).toBeUndefined();
});

test('takes the entry of the own namespace where two have the same host', () => {
  const manifests =
    serviceEntry(`{hosts: [api.example.com], ${HTTP_PORT}, resolution: STATIC}`, { namespace: 'istio-system' }) +
    serviceEntry(`{hosts: [api.example.com], ${HTTP_PORT}, resolution: DNS}`);
  expect(clusterOf(manifests, 'outbound|80||api.example.com')).toMatchObject({ type: 'STRICT_DNS' });
  expect(clusterOf(manifests, 'outbound|80||api.example.com', ROUTER)).toMatchObject({ type: 'EDS' });
});

test('gives a host only its own name and, where DNS is captured, the address made up for it', () => {
  const manifests = serviceEntry(`{hosts: [api.example.com], ${HTTP_PORT}, resolution: DNS}`);
  const domainsFor = (proxy: typeof SIDECAR) =>
    at(createTestMesh({ manifests }).generate(proxy, ROUTE_TYPE, ['80'])[0], 'virtual_hosts', 0, 'domains');
  expect(domainsFor(SIDECAR)).toEqual(['api.example.com']);
  const capturing = { ...SIDECAR, metadata: { DNS_CAPTURE: 'true', DNS_AUTO_ALLOCATE: 'true' } };
  expect(domainsFor(capturing)).toEqual(['api.example.com', expect.stringMatching(/^240\.240\.\d+\.\d+$/)]);
});

test.each([
  [
    '{hosts: [a.example.com], workloadSelector: {labels: {a: b}}, endpoints: [{address: 10.0.0.1}], resolution: STATIC}',
    'workloadSelector',
  ],
  ['{hosts: [a.example.com], endpoints: [{address: 10.0.0.1}]}', 'endpoints'],
  ['{hosts: ["*.example.com"], resolution: DNS}', 'hosts'],
  ['{hosts: [a.example.com], resolution: DNS, port: []}', 'unknown field "port"'],
  ['{hosts: ["*"]}', 'must not be "*"'],
  ['{hosts: [a.com], ports: [{number: 80, name: a}, {number: 81, name: a}]}', 'field "name" in "ports": must not be'],
  ['{hosts: [a.com], ports: [{number: 80, name: a}, {number: 80, name: b}]}', 'field "number" in "ports": must not be'],
  ['{hosts: [a.com], addresses: [10.0.0.0/8], resolution: DNS}', 'must be no range of addresses'],
  [
    '{hosts: [a.com], resolution: DNS_ROUND_ROBIN, endpoints: [{address: b.com}, {address: c.com}]}',
    'must be one for DNS_ROUND_ROBIN',
  ],
  ['{hosts: [a.com], resolution: STATIC, endpoints: [{address: unix:///run/a}]}', 'must not be a socket'],
])('refuses %s', (spec, field) => {
  expect(() => createTestMesh({ manifests: serviceEntry(spec) })).toThrow(field);
});

test('names the clusters of all its ports and hosts', () => {
  const ports = 'ports: [{number: 80, name: http, protocol: HTTP}, {number: 443, name: tls, protocol: TLS}]';
  const manifests = serviceEntry(`{hosts: [a.example.com, b.example.com], ${ports}, resolution: DNS}`);
  expect(namesOf(createTestMesh({ manifests }).generate(ROUTER, CLUSTER_TYPE))).toEqual([
    'outbound|80||a.example.com',
    'outbound|443||a.example.com',
    'outbound|80||b.example.com',
    'outbound|443||b.example.com',
    'BlackHoleCluster',
  ]);
});

test('makes one service of the entries that name the same host in a namespace', () => {
  const entry = (port: number, address: string) =>
    `{hosts: [a.com], ports: [{number: ${port}, name: http-${port}, protocol: HTTP}], resolution: STATIC, endpoints: [{address: ${address}}]}`;
  const manifests = [
    serviceEntry(entry(80, '10.0.0.1'), { name: 'a' }),
    serviceEntry(entry(80, '10.0.0.2'), { name: 'b' }),
    serviceEntry(entry(81, '10.0.0.3'), { name: 'c' }),
    serviceEntry(entry(80, '10.0.0.4'), { name: 'd', namespace: 'other' }),
  ].join('');
  const mesh = createTestMesh({ manifests });
  const names = namesOf(mesh.generate(SIDECAR, CLUSTER_TYPE)).filter((name) => name.endsWith('a.com'));
  expect(names).toEqual(['outbound|80||a.com', 'outbound|81||a.com']);
  const [first, second] = mesh.generate(SIDECAR, ENDPOINT_TYPE, names);
  expect(addressesOf(first)).toEqual([
    { address: '10.0.0.1', port_value: 80 },
    { address: '10.0.0.2', port_value: 80 },
  ]);
  expect(addressesOf(second)).toEqual([{ address: '10.0.0.3', port_value: 81 }]);
});

test('looks a host of two entries without endpoints up once', () => {
  const entry = `{hosts: [a.com], ${HTTP_PORT}, resolution: DNS}`;
  const cluster = clusterOf(serviceEntry(entry) + serviceEntry(entry, { name: 'again' }), 'outbound|80||a.com');
  expect(addressesOf(at(cluster, 'load_assignment'))).toEqual([{ address: 'a.com', port_value: 80 }]);
});

test('looks up what a Service of type ExternalName stands for', () => {
  const manifests = `
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: default}
spec: {type: ExternalName, externalName: api.example.com, ports: [{name: http, port: 80}]}
`;
  const cluster = clusterOf(manifests, 'outbound|80||alias.default.svc.cluster.local');
  expect(cluster).toMatchObject({ type: 'STRICT_DNS' });
  expect(cluster?.['transport_socket_matches']).toBeUndefined();
  expect(addressesOf(at(cluster, 'load_assignment'))).toEqual([{ address: 'api.example.com', port_value: 80 }]);
  const [table] = createTestMesh({ manifests }).generate(SIDECAR, ROUTE_TYPE, ['80']);
  expect(at(table, 'virtual_hosts', 0, 'domains')).toContain('alias');
});
