import { expect, test } from 'vitest';
import { CLUSTER_TYPE, ENDPOINT_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestPod, createTestProxy, listAt } from '../mesh.ts';

const HOST = 'httpbin.default.svc.cluster.local';
const CLUSTER = `outbound|80||${HOST}`;

const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: httpbin}
spec: {clusterIP: 10.43.0.80, ports: [{name: http, port: 80}], selector: {app: httpbin}}
---
`;

const PLACES = ['r1.z1.s1', 'r1.z1.s2', 'r1.z2', 'r2.z1', 'r3.z1'];

const PODS = PLACES.map((place, index) =>
  createTestPod({
    name: `httpbin-${index}`,
    ip: `10.42.1.${index}`,
    labels: { app: 'httpbin', 'istio-locality': place, version: index < 2 ? 'v1' : 'v2' },
  }),
);

function rule(policy: string, host = 'httpbin'): string {
  return `
apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: {name: rule}
spec: {host: ${host}, trafficPolicy: ${policy}}
---
`;
}

const caller = (place: string) => createTestProxy({ labels: { app: 'sleep', version: 'v2', 'istio-locality': place } });

function textAt(...path: Parameters<typeof at>): string {
  const value = at(...path);
  return typeof value === 'string' ? value : '';
}

function numberAt(...path: Parameters<typeof at>): number {
  const value = at(...path);
  return typeof value === 'number' ? value : 0;
}

/** Region and zone, priority and weight of each group. */
function groupsOf(policy: string, place = 'r1.z1.s1') {
  const mesh = createTestMesh({ manifests: SERVICE + rule(policy), pods: PODS });
  const [assignment] = mesh.generate(caller(place), ENDPOINT_TYPE, [CLUSTER]);
  return listAt(assignment, 'endpoints').map((group) => {
    const part = (name: string): string => textAt(group, 'locality', name);
    const where = [part('region'), part('zone'), part('sub_zone')].join('/').replace(/\/+$/, '');
    return `${where} ${numberAt(group, 'priority')}:${numberAt(group, 'load_balancing_weight')}`;
  });
}

const EJECTS = 'outlierDetection: {consecutive5xxErrors: 1}';

test('tells where endpoints are, and treats all of them alike where none is ejected', () => {
  const alike = ['r1/z1/s1 0:1', 'r1/z1/s2 0:1', 'r1/z2 0:1', 'r2/z1 0:1', 'r3/z1 0:1'];
  expect(groupsOf('{loadBalancer: {simple: RANDOM}}')).toEqual(alike);
  expect(groupsOf('{loadBalancer: {localityLbSetting: {failover: [{from: r1, to: r2}]}}}')).toEqual(alike);
  expect(groupsOf(`{loadBalancer: {localityLbSetting: {enabled: false}}, ${EJECTS}}`)).toEqual(alike);
});

test.each([
  ['r1.z1.s1', ['r1/z1/s1 0:1', 'r1/z1/s2 1:1', 'r1/z2 2:1', 'r2/z1 3:1', 'r3/z1 3:1']],
  ['r1.z2', ['r1/z1/s1 1:1', 'r1/z1/s2 1:1', 'r1/z2 0:1', 'r2/z1 2:1', 'r3/z1 2:1']],
  ['r9', ['r1/z1/s1 0:1', 'r1/z1/s2 0:1', 'r1/z2 0:1', 'r2/z1 0:1', 'r3/z1 0:1']],
])('prefers what is near a caller in %s, where endpoints are ejected', (place, expected) => {
  expect(groupsOf(`{${EJECTS}}`, place)).toEqual(expected);
});

test('prefers one of the other regions where a rule says so', () => {
  const setting = '{loadBalancer: {localityLbSetting: {failover: [{from: r1, to: r3}]}}';
  expect(groupsOf(`${setting}, ${EJECTS}}`)).toEqual([
    'r1/z1/s1 0:1',
    'r1/z1/s2 1:1',
    'r1/z2 2:1',
    'r2/z1 4:1',
    'r3/z1 3:1',
  ]);
});

test('shares requests among localities as a rule has it, and leaves out those that it does not name', () => {
  const to = '{"r1/*": 80, "r2/z1": 20}';
  const setting = `{loadBalancer: {localityLbSetting: {distribute: [{from: "r1/z1/*", to: ${to}}]}}}`;
  expect(groupsOf(setting)).toEqual(['r1/z1/s1 0:27', 'r1/z1/s2 0:27', 'r1/z2 0:27', 'r2/z1 0:20']);
  expect(groupsOf(setting, 'r2.z1')).toHaveLength(5);
});

test.each([
  ['[version]', ['r1/z1/s1 1:1', 'r1/z1/s2 1:1', 'r1/z2 0:1', 'r2/z1 0:1', 'r3/z1 0:1']],
  ['["version=v1"]', ['r1/z1/s1 0:1', 'r1/z1/s2 0:1', 'r1/z2 1:1', 'r2/z1 1:1', 'r3/z1 1:1']],
  [
    '[topology.kubernetes.io/region, topology.kubernetes.io/zone]',
    ['r1/z1/s1 0:1', 'r1/z1/s2 0:1', 'r1/z2 1:1', 'r2/z1 2:1', 'r3/z1 2:1'],
  ],
])('prefers endpoints that share labels with their caller: %s', (labels, expected) => {
  const setting = `{loadBalancer: {localityLbSetting: {failoverPriority: ${labels}}}, ${EJECTS}}`;
  expect(groupsOf(setting)).toEqual(expected);
});

test.each([
  [`{${EJECTS}}`, undefined],
  [`{loadBalancer: {localityLbSetting: {failover: [{from: r1, to: r2}]}}}`, undefined],
  [`{loadBalancer: {localityLbSetting: {failover: [{from: r1, to: r2}]}}, ${EJECTS}}`, {}],
  ['{loadBalancer: {localityLbSetting: {distribute: [{from: r1, to: {r1: 100}}]}}}', {}],
])('lets localities count before endpoints with %s', (policy, expected) => {
  const [cluster] = createTestMesh({ manifests: SERVICE + rule(policy), pods: PODS })
    .generate(caller('r1'), CLUSTER_TYPE)
    .filter(({ name }) => name === CLUSTER);
  expect(at(cluster, 'common_lb_config', 'locality_weighted_lb_config')).toEqual(expected);
});

test('knows the localities of endpoints that a ServiceEntry lists', () => {
  const entry = `
apiVersion: networking.istio.io/v1beta1
kind: ServiceEntry
metadata: {name: lambda}
spec:
  hosts: [lambda.external]
  ports: [{number: 443, name: https, protocol: HTTPS}]
  resolution: DNS
  endpoints:
    - {address: lambda.us-east-1.amazonaws.com, locality: us-east-1}
    - {address: lambda.eu-west-1.amazonaws.com, locality: eu-west-1/a}
---
`;
  const mesh = createTestMesh({ manifests: entry + rule(`{${EJECTS}}`, 'lambda.external') });
  const [cluster] = mesh
    .generate(caller('eu-west-1'), CLUSTER_TYPE)
    .filter(({ name }) => name === 'outbound|443||lambda.external');
  const groups = listAt(cluster, 'load_assignment', 'endpoints');
  expect(groups.map(({ locality, priority = 0 }) => [locality, priority])).toEqual([
    [{ region: 'eu-west-1', zone: 'a' }, 0],
    [{ region: 'us-east-1' }, 1],
  ]);
});

test.each([
  ['{distribute: [{from: r1, to: {r1: 50}}]}', 'field "to" in "distribute": must sum up to 100'],
  ['{distribute: [], failover: []}', 'field "distribute" in "localityLbSetting": must not stand beside "failover"'],
  ['{distribute: [{from: r/z/s/x, to: {r1: 100}}]}', 'must be "region/zone/sub-zone"'],
])('refuses %s', (setting, message) => {
  expect(() => groupsOf(`{loadBalancer: {localityLbSetting: ${setting}}}`)).toThrow(message);
});
