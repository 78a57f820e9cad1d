import { expect, test } from 'vitest';
import { eventsOfType } from '#core/timeline.ts';
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE, SECRET_TYPE } from '#xds/resource-types.ts';
import { createTestNode, createTestPod, GATEWAY } from '../mesh.ts';
import { createControlPlaneWorld, HTTPBIN, MANIFESTS } from './control-plane-world.ts';

test('answers a proxy in the order of types, then pushes nothing until something changes', async () => {
  await using world = await createControlPlaneWorld();
  const client = world.connect(createTestNode());
  client.subscribe(CLUSTER_TYPE);
  client.subscribe(ENDPOINT_TYPE, [HTTPBIN]);
  client.subscribe(LISTENER_TYPE);
  client.subscribe(ROUTE_TYPE, ['8000']);
  await world.clock.sleep(60_000);
  expect(world.pushes()).toEqual([
    '1000 httpbin-1.default CDS 7',
    '1000 httpbin-1.default EDS 1',
    '1000 httpbin-1.default LDS 4',
    '1000 httpbin-1.default RDS 1',
  ]);
  expect(eventsOfType(world.timeline.events(), 'ack')).toHaveLength(4);
});

test('pushes once, 100 ms after the last change, in order', async () => {
  await using world = await createControlPlaneWorld();
  const client = world.connect(createTestNode());
  for (const [typeUrl, names] of [[CLUSTER_TYPE], [LISTENER_TYPE], [ROUTE_TYPE, ['8000']]] as const) {
    client.subscribe(typeUrl, names);
  }
  await world.clock.sleep(1_000);
  world.pushes();
  const edit = (name: string) => ({
    file: 'more.yaml',
    text: `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {ports: [{name: http, port: 8000}]}}`,
  });
  await world.controlPlane.apply(edit('a'));
  await world.clock.sleep(60);
  await world.controlPlane.apply(edit('b'));
  await world.clock.sleep(1_000);
  expect(world.pushes()).toEqual([
    '2160 httpbin-1.default CDS 9',
    '2160 httpbin-1.default LDS 4',
    '2160 httpbin-1.default RDS 1',
  ]);
});

test.each([
  ['{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}', []],
  ['{apiVersion: v1, kind: Secret, metadata: {name: a}}', []],
  [
    '{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: a}, spec: {selector: {}, servers: []}}',
    ['CDS', 'LDS', 'RDS'],
  ],
  [
    '{apiVersion: networking.istio.io/v1, kind: EnvoyFilter, metadata: {name: a}, spec: {}}',
    ['CDS', 'EDS', 'LDS', 'RDS'],
  ],
])('pushes only the types that %s can change', async (text, expected) => {
  await using world = await createControlPlaneWorld();
  const client = world.connect(createTestNode());
  client.subscribe(CLUSTER_TYPE);
  client.subscribe(ENDPOINT_TYPE, [HTTPBIN]);
  client.subscribe(LISTENER_TYPE);
  client.subscribe(ROUTE_TYPE, ['8000']);
  await world.clock.sleep(1_000);
  const before = eventsOfType(world.timeline.events(), 'push').length;
  await world.controlPlane.apply({ file: 'more.yaml', text });
  await world.clock.sleep(1_000);
  const pushes = eventsOfType(world.timeline.events(), 'push').slice(before);
  expect(pushes.map(({ resourceType }) => resourceType)).toEqual(expected);
  expect(new Set(pushes.map(({ version }) => version)).size).toBe(expected.length === 0 ? 0 : 1);
});

test('does not push when an apply changes nothing', async () => {
  await using world = await createControlPlaneWorld();
  world.connect(createTestNode()).subscribe(CLUSTER_TYPE);
  await world.clock.sleep(1_000);
  world.pushes();
  expect((await world.controlPlane.apply(MANIFESTS)).map(({ action }) => action)).not.toContain('configured');
  await world.clock.sleep(1_000);
  expect(world.pushes()).toEqual([]);
});

test('pushes endpoints alone when a pod of a known identity comes or goes', async () => {
  await using world = await createControlPlaneWorld();
  const received: number[] = [];
  const client = world.connect(createTestNode(), ({ typeUrl, resources }) => {
    if (typeUrl === ENDPOINT_TYPE) received.push(resources[0]?.value.length ?? 0);
    return 'accepted';
  });
  client.subscribe(CLUSTER_TYPE);
  client.subscribe(ENDPOINT_TYPE, [HTTPBIN]);
  await world.clock.sleep(1_000);
  world.controlPlane.pods.report(createTestPod({ isReady: false }));
  await world.clock.sleep(1_000);
  world.pushes();
  world.controlPlane.pods.report(createTestPod());
  await world.clock.sleep(1_000);
  world.controlPlane.pods.report(createTestPod({ isReady: false }));
  await world.clock.sleep(1_000);
  expect(world.pushes()).toEqual(['3100 httpbin-1.default EDS 1', '4100 httpbin-1.default EDS 1']);
  const [empty = 0, , withPod = 0, again] = received;
  expect(withPod).toBeGreaterThan(empty);
  expect(again).toBe(empty);
});

test('answers new connections from the last push, not from what waits for the next', async () => {
  await using world = await createControlPlaneWorld();
  const service = '{apiVersion: v1, kind: Service, metadata: {name: new}, spec: {ports: [{port: 1}]}}';
  await world.controlPlane.apply({ file: 'new.yaml', text: service });
  world.connect(createTestNode()).subscribe(CLUSTER_TYPE);
  await world.clock.sleep(1_000);
  expect(world.pushes()).toEqual(['1000 httpbin-1.default CDS 7', '1100 httpbin-1.default CDS 8']);
});

test('shows who is in sync with what', async () => {
  await using world = await createControlPlaneWorld({ istioVersion: '1.11.0' });
  world.connect(createTestNode({ istioVersion: '1.11.0' })).subscribe(CLUSTER_TYPE);
  const refusing = world.connect(createTestNode(GATEWAY), ({ typeUrl }) =>
    typeUrl === LISTENER_TYPE ? { rejected: '0.0.0.0_8080: no such filter' } : 'accepted',
  );
  refusing.subscribe(CLUSTER_TYPE);
  refusing.subscribe(LISTENER_TYPE);
  await world.clock.sleep(1_000);
  expect(world.controlPlane.proxyStatus()).toEqual([
    {
      name: 'gateway-1.istio-system',
      kubeCluster: 'east',
      clusterId: 'Kubernetes',
      cdsStatus: 'SYNCED',
      ldsStatus: 'STALE (Never Acknowledged)',
      edsStatus: 'NOT SENT',
      rdsStatus: 'NOT SENT',
      ecdsStatus: 'NOT SENT',
      istiod: expect.stringMatching(/^istiod-[0-9a-f]{10}-\w{5}$/),
      version: '1.17.2',
      rejections: { [LISTENER_TYPE]: '0.0.0.0_8080: no such filter' },
    },
    expect.objectContaining({ name: 'httpbin-1.default', cdsStatus: 'SYNCED', ldsStatus: 'NOT SENT', rejections: {} }),
  ]);
  expect(eventsOfType(world.timeline.events(), 'nack')).toEqual([
    expect.objectContaining({
      proxy: 'gateway-1.istio-system',
      resourceType: 'LDS',
      error: '0.0.0.0_8080: no such filter',
    }),
  ]);
});

test('calls a refusal an error and what nobody asked for ignored from 1.23 on', async () => {
  await using world = await createControlPlaneWorld({ istioVersion: '1.24.0' });
  world.connect(createTestNode(), () => ({ rejected: 'no' })).subscribe(LISTENER_TYPE);
  await world.clock.sleep(1_000);
  expect(world.controlPlane.proxyStatus()).toMatchObject([{ ldsStatus: 'ERROR', rdsStatus: 'IGNORED' }]);
});

test('forgets a proxy that has gone', async () => {
  await using world = await createControlPlaneWorld();
  const client = world.connect(createTestNode());
  client.subscribe(CLUSTER_TYPE);
  await world.clock.sleep(1_000);
  await client[Symbol.asyncDispose]();
  await world.clock.sleep(1_000);
  expect(world.controlPlane.proxyStatus()).toEqual([]);
});

test('refuses a node that istiod would refuse', async () => {
  await using world = await createControlPlaneWorld();
  const node = { ...createTestNode(), id: 'waypoint~10.42.0.5~a.default~default.svc.cluster.local' };
  world.connect(node).subscribe(CLUSTER_TYPE);
  await world.clock.sleep(1_000);
  expect(world.pushes()).toEqual([]);
});

test('applies all manifests or none', async () => {
  await using world = await createControlPlaneWorld();
  const text = `{apiVersion: v1, kind: ConfigMap, metadata: {name: good}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: bad, namespace: defualt}}
`;
  await expect(world.controlPlane.apply({ file: 'two.yaml', text })).rejects.toThrow(
    `two.yaml:3:68  namespace "defualt" does not exist
  3 | {apiVersion: v1, kind: ConfigMap, metadata: {name: bad, namespace: defualt}}
    |                                                                    ^^^^^^^ did you mean "default"?`,
  );
  expect(world.controlPlane.store.get('ConfigMap', 'good')).toBeUndefined();
});

test('tells the timeline what was applied and deleted', async () => {
  await using world = await createControlPlaneWorld();
  const config = { file: 'a.yaml', text: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}' };
  await world.controlPlane.apply([config]);
  await world.controlPlane.apply([config]);
  world.controlPlane.delete({ kind: 'ConfigMap', name: 'a' });
  const ofConfig = eventsOfType(world.timeline.events(), 'applied').filter(({ kind }) => kind === 'ConfigMap');
  expect(ofConfig.map(({ action }) => action)).toEqual(['created', 'unchanged', 'deleted']);
});

test('carries out an IstioOperator, and says in its log which secret is missing', async () => {
  await using world = await createControlPlaneWorld();
  const text = `
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: gateways, namespace: istio-system}
spec: {profile: empty, components: {egressGateways: [{name: egress, enabled: true}]}}
`;
  const applied = await world.controlPlane.apply({ file: 'operator.yaml', text });
  expect(applied.map(({ object }) => `${object.kind} ${object.metadata.name}`)).toEqual([
    'IstioOperator gateways',
    'ServiceAccount egress-service-account',
    'Service egress',
    'Deployment egress',
  ]);
  const gateway = world.connect(createTestNode(GATEWAY));
  gateway.subscribe(SECRET_TYPE, ['kubernetes://mine']);
  await world.clock.sleep(1_000);
  const warnings = eventsOfType(world.timeline.events(), 'log').map((event) => event.text);
  expect(warnings).toContain(
    'failed to fetch key and certificate for kubernetes://mine: secret istio-system/mine not found',
  );
});
