import { expect, test } from 'vitest';
import { CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestPod, createTestProxy, listAt, namesOf } from '../mesh.ts';

const SIDECAR = createTestProxy();

const SERVICES = ['httpbin', 'other']
  .map(
    (name, index) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec:
  clusterIP: 10.43.0.8${index}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: http-admin, port: 81, targetPort: 8081}, {name: tcp, port: 9000}]
  selector: {app: ${name}}
---
`,
  )
  .join('');

function sidecar(spec: string): string {
  return `
apiVersion: networking.istio.io/v1beta1
kind: Sidecar
metadata: {name: mine}
spec: ${spec}
---
`;
}

const generate = (spec: string, typeUrl: string, names?: string[]) =>
  createTestMesh({ manifests: SERVICES + sidecar(spec), pods: [createTestPod()] }).generate(SIDECAR, typeUrl, names);

function listenerOf(spec: string, name: string) {
  return generate(spec, LISTENER_TYPE).find((listener) => listener['name'] === name);
}

const INGRESS = '{ingress: [{port: {number: 8080, protocol: HTTP, name: http}, defaultEndpoint: "127.0.0.1:3000"}]}';

test('takes in what a Sidecar lists in place of what Services lead to', () => {
  const ports = listAt(listenerOf(INGRESS, 'virtualInbound'), 'filter_chains').map((chain) =>
    at(chain, 'filter_chain_match', 'destination_port'),
  );
  expect([...new Set(ports)]).toEqual([15006, undefined, 8080]);
  const usual = listAt(listenerOf('{}', 'virtualInbound'), 'filter_chains').map((chain) =>
    at(chain, 'filter_chain_match', 'destination_port'),
  );
  expect([...new Set(usual)]).toEqual([15006, undefined, 8080, 8081, 9000]);
});

test.each([
  ['127.0.0.1:3000', { type: undefined, address: '127.0.0.1', port_value: 3000 }],
  ['0.0.0.0:3000', { type: undefined, address: '10.42.0.5', port_value: 3000 }],
])('sends it on to %s', (endpoint, { address, port_value }) => {
  const spec = `{ingress: [{port: {number: 8080, protocol: HTTP}, defaultEndpoint: "${endpoint}"}]}`;
  const cluster = generate(spec, CLUSTER_TYPE).find(({ name }) => name === 'inbound|8080||');
  const [host] = listAt(cluster, 'load_assignment', 'endpoints', 0, 'lb_endpoints');
  expect(at(host, 'endpoint', 'address', 'socket_address')).toEqual({ address, port_value });
  expect(at(cluster, 'metadata', 'filter_metadata', 'istio', 'services', 0, 'name')).toBe('httpbin');
});

test('sends it where it was going without an endpoint, and names it after the Sidecar without a Service', () => {
  const spec = '{ingress: [{port: {number: 7000, protocol: TCP}}]}';
  const cluster = generate(spec, CLUSTER_TYPE).find(({ name }) => name === 'inbound|7000||');
  expect(cluster).toMatchObject({ type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED' });
  expect(at(cluster, 'metadata', 'filter_metadata', 'istio', 'services', 0, 'host')).toBe('mine.default');
});

test('listens itself where nothing is to be redirected', () => {
  const spec = '{ingress: [{port: {number: 8080, protocol: HTTP}, captureMode: NONE, bind: 10.42.0.7}]}';
  const listener = listenerOf(spec, '10.42.0.7_8080');
  expect(listener).toMatchObject({
    address: { socket_address: { address: '10.42.0.7', port_value: 8080 } },
    traffic_direction: 'INBOUND',
  });
  expect(listAt(listener, 'filter_chains')).toHaveLength(2);
  const redirected = listAt(listenerOf(spec, 'virtualInbound'), 'filter_chains');
  expect(redirected.map((chain) => at(chain, 'filter_chain_match', 'destination_port'))).not.toContain(8080);
  const own = '{ingress: [{port: {number: 8080, protocol: HTTP}, captureMode: NONE}]}';
  expect(listenerOf(own, '10.42.0.5_8080')).toBeDefined();
});

const hostsOf = (spec: string, name: string) =>
  namesOf(listAt(generate(spec, ROUTE_TYPE, [name])[0], 'virtual_hosts')).map((host) => host.split('.')[0]);

test('lets other hosts be called on one port than on the others', () => {
  const spec =
    '{egress: [{port: {number: 80, protocol: HTTP}, hosts: ["./httpbin.default.svc.cluster.local"]}, {hosts: ["./other.default.svc.cluster.local"]}]}';
  expect(hostsOf(spec, '80')).toEqual(['httpbin', 'allow_any']);
  expect(hostsOf(spec, '81')).toEqual(['other', 'allow_any']);
  const names = namesOf(generate(spec, LISTENER_TYPE));
  expect(names).toEqual(['0.0.0.0_80', '10.43.0.81_9000', '0.0.0.0_81', 'virtualOutbound', 'virtualInbound']);
});

test('lets nothing be called on ports that no listener has, if none is open', () => {
  const spec = '{egress: [{port: {number: 80, protocol: HTTP}, hosts: ["./*"]}]}';
  expect(hostsOf(spec, '81')).toEqual(['allow_any']);
  expect(namesOf(generate(spec, LISTENER_TYPE))).toEqual(['0.0.0.0_80', 'virtualOutbound', 'virtualInbound']);
});

test("listens on the workload's loopback where it connects on purpose", () => {
  const spec = '{egress: [{port: {number: 3128, protocol: HTTP}, captureMode: NONE, hosts: ["./*"]}]}';
  const listener = listenerOf(spec, '127.0.0.1_3128');
  expect(listener).not.toHaveProperty('bind_to_port');
  expect(listener).not.toHaveProperty('default_filter_chain');
  expect(at(listAt(listener, 'filter_chains', 0, 'filters')[0], 'typed_config', 'rds', 'route_config_name')).toBe(
    '3128',
  );
});

test('reads a port as the listener says, at the address that it says', () => {
  const spec =
    '{egress: [{port: {number: 80, protocol: TCP}, bind: 10.43.9.9, hosts: ["./httpbin.default.svc.cluster.local"]}]}';
  const [chain] = listAt(listenerOf(spec, '10.43.9.9_80'), 'filter_chains');
  expect(at(listAt(chain, 'filters').at(-1), 'typed_config', 'cluster')).toBe(
    'outbound|80||httpbin.default.svc.cluster.local',
  );
});
