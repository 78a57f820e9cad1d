import { expect, test } from 'vitest';
import { endedStream, latePush, lostPush, reorderedPush } from '#control-plane/push/push-fault.ts';
import { CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { createTestNode, GATEWAY } from '../mesh.ts';
import { createControlPlaneWorld } from './control-plane-world.ts';

const SERVICE = {
  file: 'more.yaml',
  text: '{apiVersion: v1, kind: Service, metadata: {name: more}, spec: {ports: [{name: http, port: 80}]}}',
};

/** A control plane whose proxies are in sync: a sidecar, and a gateway on request. */
async function startSynced({ hasGateway = false } = {}) {
  const world = await createControlPlaneWorld();
  for (const node of [createTestNode(), ...(hasGateway ? [createTestNode(GATEWAY)] : [])]) {
    const client = world.connect(node);
    client.subscribe(CLUSTER_TYPE);
    client.subscribe(LISTENER_TYPE);
    client.subscribe(ROUTE_TYPE, ['8000']);
  }
  await world.clock.sleep(1_000);
  world.pushes();
  return world;
}

/** Who got what when, without the number of resources. */
const withoutCount = (pushes: readonly string[]) => pushes.map((push) => push.replace(/ \d+$/, ''));

test('a late push waits, and nobody calls its proxy stale', async () => {
  await using world = await startSynced();
  world.controlPlane.addPushFault(latePush(20_000), {});
  await world.controlPlane.apply(SERVICE);
  await world.clock.sleep(10_000);
  expect(world.pushes()).toEqual([]);
  expect(world.controlPlane.proxyStatus()).toMatchObject([{ cdsStatus: 'SYNCED', ldsStatus: 'SYNCED' }]);
  await world.clock.sleep(20_000);
  expect(withoutCount(world.pushes())).toEqual([
    '22100 httpbin-1.default CDS',
    '22100 httpbin-1.default LDS',
    '22100 httpbin-1.default RDS',
  ]);
});

test('a late push of one type leaves the others alone', async () => {
  await using world = await startSynced();
  world.controlPlane.addPushFault(latePush(5_000), { typeUrls: new Set([CLUSTER_TYPE]) });
  await world.controlPlane.apply(SERVICE);
  await world.clock.sleep(10_000);
  expect(withoutCount(world.pushes())).toEqual([
    '2100 httpbin-1.default LDS',
    '2100 httpbin-1.default RDS',
    '7100 httpbin-1.default CDS',
  ]);
});

test('what waits is sent when the fault ends', async () => {
  await using world = await startSynced();
  const late = world.controlPlane.addPushFault(latePush(), {});
  await world.controlPlane.apply(SERVICE);
  await world.clock.sleep(60_000);
  expect(world.pushes()).toEqual([]);
  late[Symbol.dispose]();
  await world.clock.sleep(1);
  expect(world.pushes()).toHaveLength(3);
});

test('a fault concerns the proxies of its scope only', async () => {
  await using world = await startSynced({ hasGateway: true });
  const [gateway] = world.controlPlane.proxyStatus().filter(({ name }) => !name.startsWith('httpbin'));
  world.controlPlane.addPushFault(latePush(), { proxies: new Set([gateway?.name ?? '']) });
  await world.controlPlane.apply(SERVICE);
  await world.clock.sleep(1_000);
  expect(new Set(world.pushes().map((push) => push.split(' ')[1]))).toEqual(new Set(['httpbin-1.default']));
});

test('a lost push leaves its proxy stale until it answers a later one', async () => {
  await using world = await startSynced();
  const lost = world.controlPlane.addPushFault(lostPush(), { typeUrls: new Set([LISTENER_TYPE]) });
  await world.controlPlane.apply(SERVICE);
  await world.clock.sleep(60_000);
  expect(world.controlPlane.proxyStatus()).toMatchObject([{ cdsStatus: 'SYNCED', ldsStatus: 'STALE' }]);
  lost[Symbol.dispose]();
  world.controlPlane.delete({ kind: 'Service', name: 'more' });
  await world.clock.sleep(1_000);
  expect(world.controlPlane.proxyStatus()).toMatchObject([{ cdsStatus: 'SYNCED', ldsStatus: 'SYNCED' }]);
});

test('a reordered push sends last what belongs first', async () => {
  await using world = await startSynced();
  world.controlPlane.addPushFault(reorderedPush(100), {});
  await world.controlPlane.apply(SERVICE);
  await world.clock.sleep(1_000);
  const types = world.pushes().map((push) => push.split(' ')[2]);
  expect(types).toEqual(['RDS', 'LDS', 'CDS']);
});

test('proxies whose stream was ended come again and lose nothing', async () => {
  await using world = await startSynced();
  world.controlPlane.addPushFault(endedStream(), {});
  await world.clock.sleep(1_000);
  expect(withoutCount(world.pushes()).map((push) => push.split(' ')[2])).toEqual(['CDS', 'LDS', 'RDS']);
  expect(world.controlPlane.proxyStatus()).toMatchObject([{ ldsStatus: 'SYNCED' }]);
});

test('an istiod that restarts knows nobody until its proxies come again', async () => {
  await using world = await startSynced();
  const [before] = world.controlPlane.proxyStatus();
  await world.controlPlane.restart(30_000);
  await world.controlPlane.apply(SERVICE);
  await world.clock.sleep(29_000);
  expect(world.controlPlane.proxyStatus()).toEqual([]);
  expect(world.pushes()).toEqual([]);
  await world.clock.sleep(60_000);
  const [after] = world.controlPlane.proxyStatus();
  expect(after).toMatchObject({ name: before?.name, ldsStatus: 'SYNCED' });
  expect(after?.istiod).not.toBe(before?.istiod);
});

test('a control plane that is stopped while istiod is down leaves nothing', async () => {
  const world = await startSynced();
  world.controlPlane.addPushFault(latePush(20_000), {});
  await world.controlPlane.restart(30_000);
  await world[Symbol.asyncDispose]();
  expect(world.clock.pendingTimers()).toBe(0);
});
