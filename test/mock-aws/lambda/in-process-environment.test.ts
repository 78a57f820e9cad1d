import { expect, test } from 'vitest';
import { createVirtualClock } from '#core/virtual-clock.ts';
import type { InProcessHandler } from '#mock-aws/lambda/handler.ts';
import { InProcessEnvironment } from '#mock-aws/lambda/in-process-environment.ts';
import type { Outcome } from '#mock-aws/lambda/invocation.ts';

const INVOCATION = {
  requestId: 'r-1',
  functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:cat',
  payload: '{}',
  event: {},
  traceId: '',
  clientContext: undefined,
};

function start(code: InProcessHandler) {
  const clock = createVirtualClock();
  const environment = new InProcessEnvironment(
    { name: 'cat', code, timeoutMs: 3_000, memoryMb: 128, initMs: 0, logStreamName: '' },
    clock,
  );
  const outcome = new Promise<Outcome>((resolve) => environment.run(INVOCATION, resolve));
  return { clock, environment, outcome, [Symbol.dispose]: () => clock[Symbol.dispose]() };
}

test('a handler waits on the clock of the scenario', async () => {
  using world = start(async (_, { clock }) => {
    await clock.sleep(2_000);
    return 'meow';
  });
  expect(await world.outcome).toMatchObject({ kind: 'returned', payload: '"meow"', durationMs: 2_000 });
  expect(world.clock.pendingTimers()).toBe(0);
});

test('a handler that still waits when its environment stops leaves no timer', async () => {
  let isOver = false;
  using world = start(async (_, { clock }) => {
    await clock.sleep(60_000);
    isOver = true;
  });
  expect(await world.outcome).toMatchObject({ kind: 'timed-out', durationMs: 3_000 });
  expect(world.clock.pendingTimers()).toBe(1);
  await world.environment.stop();
  expect(world.clock.pendingTimers()).toBe(0);
  await world.clock.sleep(120_000);
  expect(isOver).toBe(false);
});

test('a timer that a handler cancelled is gone', async () => {
  using world = start(async (_, { clock }) => {
    clock.setTimer(1_000, () => {}).cancel();
    await clock.sleep(10);
    return world.clock.pendingTimers();
  });
  // The time limit of the run is the one that is left.
  expect(await world.outcome).toMatchObject({ payload: '1' });
});
