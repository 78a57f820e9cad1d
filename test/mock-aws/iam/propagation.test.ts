import { expect, test } from 'vitest';
import { startMockAwsWorld, type MockAwsWorld } from '#test/support/mock-aws-world.ts';

const DELAY_MS = 10_000;
const startSlowWorld = () => startMockAwsWorld({ now: Date.UTC(2026, 0, 1), propagationDelayMs: DELAY_MS });

async function callWith(world: MockAwsWorld, key: { accessKeyId: string; secretAccessKey: string }): Promise<number> {
  return (await world.send({ method: 'GET', path: '/2015-03-31/functions', key })).status;
}

test('a new key is shown at once and works later', async () => {
  await using world = await startSlowWorld();
  const key = world.aws.iam.createAccessKey('gateway');
  expect(world.aws.iam.listAccessKeys('gateway')).toHaveLength(2);
  expect(await callWith(world, key)).toBe(403);
  await world.clock.sleep(DELAY_MS - 1);
  expect(await callWith(world, key)).toBe(403);
  await world.clock.sleep(1);
  expect(await callWith(world, key)).toBe(200);
});

test('a key that was switched off goes on for a while', async () => {
  await using world = await startSlowWorld();
  world.aws.iam.updateAccessKey('gateway', world.key.accessKeyId, 'Inactive');
  expect(world.aws.iam.findShownKey(world.key.accessKeyId)?.status).toBe('Inactive');
  expect(await callWith(world, world.key)).toBe(200);
  await world.clock.sleep(DELAY_MS);
  expect(await callWith(world, world.key)).toBe(403);
});

test('a deleted key goes on for a while', async () => {
  await using world = await startSlowWorld();
  world.aws.iam.deleteAccessKey('gateway', world.key.accessKeyId);
  expect(world.aws.iam.listAccessKeys('gateway')).toEqual([]);
  expect(await callWith(world, world.key)).toBe(200);
  await world.clock.sleep(DELAY_MS);
  expect(await callWith(world, world.key)).toBe(403);
});

test('each kind of change has its own delay, which a scenario may change on the way', async () => {
  const propagationDelayMs = { created: DELAY_MS, deactivated: 1000 };
  await using world = await startMockAwsWorld({ now: Date.UTC(2026, 0, 1), propagationDelayMs });
  const { iam } = world.aws;
  const key = iam.createAccessKey('gateway');
  iam.updateAccessKey('gateway', world.key.accessKeyId, 'Inactive');
  await world.clock.sleep(1000);
  expect([await callWith(world, world.key), await callWith(world, key)]).toEqual([403, 403]);
  await world.clock.sleep(DELAY_MS - 1000);
  expect(await callWith(world, key)).toBe(200);
  iam.setPropagationDelay(0);
  iam.deleteAccessKey('gateway', key.accessKeyId);
  expect(await callWith(world, key)).toBe(403);
});

test('changes become visible in the order they were made', async () => {
  await using world = await startSlowWorld();
  const { accessKeyId } = world.key;
  world.aws.iam.updateAccessKey('gateway', accessKeyId, 'Inactive');
  await world.clock.sleep(4000);
  world.aws.iam.updateAccessKey('gateway', accessKeyId, 'Active');
  await world.clock.sleep(6000);
  expect(await callWith(world, world.key)).toBe(403);
  await world.clock.sleep(4000);
  expect(await callWith(world, world.key)).toBe(200);
});

test('every change of a key is on the timeline', async () => {
  await using world = await startSlowWorld();
  const { accessKeyId } = world.key;
  await callWith(world, world.key);
  await callWith(world, world.key);
  world.aws.iam.updateAccessKey('gateway', accessKeyId, 'Inactive');
  world.aws.iam.deleteAccessKey('gateway', accessKeyId);
  const actions = world.timeline.events().flatMap((event) => (event.type === 'access-key' ? [event.action] : []));
  expect(actions).toEqual(['created', 'used', 'deactivated', 'deleted']);
  expect(JSON.stringify(world.timeline.events())).not.toContain(world.key.secretAccessKey);
});
