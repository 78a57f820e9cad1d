import { expect, test } from 'vitest';
import { startMockAwsWorld } from '#test/support/mock-aws-world.ts';

const EVENT = {
  path: '/2015-03-31/functions/cat/invocations',
  headers: { 'x-amz-invocation-type': 'Event' },
  body: '{}',
};

async function runTimes(code: (event: unknown) => unknown, reserved?: number) {
  const world = await startMockAwsWorld();
  world.aws.lambda.createFunction({ name: 'cat', code });
  if (reserved !== undefined) world.aws.lambda.setReservedConcurrency('cat', reserved);
  const start = world.clock.now();
  const answer = await world.send(EVENT);
  const times = () => world.aws.lambda.invocations().map(({ startedAt }) => (startedAt - start) / 1000);
  return { ...world, answer, times };
}

test('a failed event is tried twice more, after one and two minutes', async () => {
  await using world = await runTimes(() => Promise.reject(new Error('hiss')));
  await world.clock.sleep(60 * 60_000);
  expect(world.times()).toEqual([0, 60, 180]);
});

test('an event that succeeds is not tried again', async () => {
  await using world = await runTimes(() => 'meow');
  await world.clock.sleep(60 * 60_000);
  expect(world.times()).toEqual([0]);
});

test('every try gets the event as it was sent', async () => {
  const seen: unknown[] = [];
  await using world = await runTimes((event) => {
    seen.push({ ...(event as object) });
    Object.assign(event as object, { spoilt: true });
    throw new Error('hiss');
  });
  await world.clock.sleep(10 * 60_000);
  expect(seen).toEqual([{}, {}, {}]);
});

test('a throttled event is accepted and runs once there is room', async () => {
  await using world = await runTimes(() => 'meow', 0);
  expect(world.answer.status).toBe(202);
  await world.clock.sleep(10_000);
  expect(world.times()).toEqual([]);
  world.aws.lambda.setReservedConcurrency('cat', undefined);
  await world.clock.sleep(10_000);
  expect(world.times()).toEqual([15]);
});

test('a throttled event is given up after six hours', async () => {
  await using world = await runTimes(() => 'meow', 0);
  await world.clock.sleep(7 * 60 * 60_000);
  world.aws.lambda.setReservedConcurrency('cat', undefined);
  await world.clock.sleep(60 * 60_000);
  expect(world.times()).toEqual([]);
});

test('concurrency counts runs that nobody waits for any more', async () => {
  await using world = await startMockAwsWorld();
  world.aws.lambda.createFunction({
    name: 'cat',
    timeoutMs: 60_000,
    reservedConcurrency: 1,
    code: (_, { clock }) => clock.sleep(30_000),
  });
  const first = world.send({ path: EVENT.path });
  await world.clock.sleep(1000);
  expect((await world.send({ path: EVENT.path })).status).toBe(429);
  expect((await first).status).toBe(200);
  expect((await world.send({ path: EVENT.path })).status).toBe(200);
});
