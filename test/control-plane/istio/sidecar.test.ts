import { expect, test } from 'vitest';
import { CLUSTER_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestProxy, GATEWAY, listAt, namesOf } from '../mesh.ts';

const SIDECAR = createTestProxy();

function service(name: string, namespace: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec: {ports: [{name: http, port: 80}]}
---
`;
}

function networking(kind: string, name: string, spec: string, namespace = 'default'): string {
  return `
apiVersion: networking.istio.io/v1beta1
kind: ${kind}
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
---
`;
}

const SERVICES = service('own', 'default') + service('a', 'team') + service('b', 'team') + service('c', 'other');

function reachable(manifests: string, proxy = SIDECAR): string[] {
  return namesOf(createTestMesh({ manifests: SERVICES + manifests }).generate(proxy, CLUSTER_TYPE))
    .filter((name) => name.startsWith('outbound'))
    .map((name) => name.replace(/^outbound\|80\|\|(\w+)\..*$/, '$1'));
}

const sidecar = (spec: string, name = 'sidecar', namespace = 'default'): string =>
  networking('Sidecar', name, spec, namespace);

test.each([
  ['{}', ['a', 'b', 'c', 'own']],
  ['{egress: [{hosts: ["./*"]}]}', ['own']],
  ['{egress: [{hosts: ["./*", "team/a.team.svc.cluster.local"]}]}', ['a', 'own']],
  ['{egress: [{hosts: ["*/*.team.svc.cluster.local"]}]}', ['a', 'b']],
  ['{egress: [{hosts: ["~/*"]}]}', []],
])('lets a workload call what %s lists', (spec, expected) => {
  expect(reachable(sidecar(spec))).toEqual(expected);
});

test('takes the Sidecar that selects the workload before that of its namespace and of the mesh', () => {
  const ofMesh = sidecar('{egress: [{hosts: ["other/*"]}]}', 'mesh', 'istio-system');
  const ofNamespace = sidecar('{egress: [{hosts: ["./*"]}]}', 'all');
  const chosen = sidecar('{workloadSelector: {labels: {app: httpbin}}, egress: [{hosts: ["team/*"]}]}', 'chosen');
  expect(reachable(ofMesh)).toEqual(['c']);
  expect(reachable(ofMesh + ofNamespace)).toEqual(['own']);
  expect(reachable(ofMesh + ofNamespace + chosen)).toEqual(['a', 'b']);
});

test('does not limit gateways', () => {
  expect(
    reachable(sidecar('{egress: [{hosts: ["~/*"]}]}', 'a', 'istio-system'), createTestProxy(GATEWAY)),
  ).toHaveLength(4);
});

test('keeps what a VirtualService leads to', () => {
  const route = networking(
    'VirtualService',
    'own',
    '{hosts: [own], http: [{route: [{destination: {host: c.other.svc.cluster.local}}]}]}',
  );
  expect(reachable(route + sidecar('{egress: [{hosts: ["./*"]}]}'))).toEqual(['c', 'own']);
});

test('has an outbound policy of its own', () => {
  const manifests = SERVICES + sidecar('{outboundTrafficPolicy: {mode: REGISTRY_ONLY}}');
  const [table] = createTestMesh({ manifests }).generate(SIDECAR, ROUTE_TYPE, ['80']);
  expect(at(listAt(table, 'virtual_hosts').at(-1), 'name')).toBe('block_all');
});

test.each([
  ['{inboundConnectionPool: {}}', 'field "inboundConnectionPool" in "spec" is not supported'],
  [
    '{ingress: [{port: {number: 443, protocol: HTTPS}, tls: {mode: SIMPLE}}]}',
    'field "tls" in "ingress" is not supported',
  ],
  ['{ingress: [{port: {number: 80, protocol: HTTP}, defaultEndpoint: "unix:///a"}]}', 'must be "127.0.0.1:PORT"'],
  ['{ingress: [{port: {number: 80, protocol: HTPP}}]}', 'unknown value "HTPP" of field "protocol" in "port"'],
  ['{egress: [{hosts: ["./*"]}, {hosts: ["*/*"]}]}', 'must come last, as it has no "port"'],
  ['{egress: [{hosts: ["./*"], captureMode: NONE}]}', 'is not supported without "port"'],
  [
    '{ingress: [{port: {number: 80, protocol: HTTP}}, {port: {number: 80, protocol: TCP}}]}',
    'field "number" in "port": must not be that of another listener',
  ],
  ['{egress: [{hosts: ["./*"], port: {number: 0, protocol: HTTP}, bind: "unix:///a"}]}', 'must be an IP address'],
  ['{egress: [{hosts: [a.example.com]}]}', 'must be "namespace/host"'],
])('refuses %s', (spec, message) => {
  expect(() => createTestMesh({ manifests: sidecar(spec) })).toThrow(message);
});
