import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { always, eventually, type Check } from '#harness/expectations/repeat.ts';

/** A check that holds from `from` to `until`, in milliseconds of virtual time since now. */
function setup(from: number, until = Infinity) {
  const clock = createVirtualClock();
  const start = clock.now();
  const elapsed = () => clock.now() - start;
  const check: Check = async () => {
    if (elapsed() < from || elapsed() >= until) throw new Error(`not at ${elapsed()}`);
  };
  return { clock, check, elapsed };
}

describe('eventually', () => {
  test('ends at the first try that holds', async () => {
    const { clock, check, elapsed } = setup(35_000);
    const { attempts, failure } = await eventually(check, { within: '1m', every: '10s' }, clock);
    expect({ attempts, failure, elapsed: elapsed() }).toEqual({ attempts: 5, failure: undefined, elapsed: 40_000 });
  });

  test('keeps the last failure and the number of tries', async () => {
    const { clock, check } = setup(Infinity);
    const { summary, failure } = await eventually(check, { within: '1s', every: '100ms' }, clock);
    expect(summary).toBe('did not hold within 1.0s (11 tries)');
    expect(failure).toMatchObject({ message: 'not at 1000' });
  });

  test('asks for tries in a row, and a failure starts the count again', async () => {
    const { clock, check, elapsed } = setup(0, 200);
    const flapping: Check = async () => (elapsed() < 500 ? check() : undefined);
    const { attempts } = await eventually(flapping, { inARow: 3 }, clock);
    expect(attempts).toBe(8);
  });

  test('says how many tries held when the row was not completed', async () => {
    const { clock, check } = setup(900);
    const { failure } = await eventually(check, { within: '1s', inARow: 5 }, clock);
    expect(failure).toMatchObject({ message: 'not at 800' });
  });

  test('gives up on a try that does not end', async () => {
    const { clock, elapsed } = setup(0);
    const { failure } = await eventually(() => clock.sleep(3_600_000), { within: '2s' }, clock);
    expect(failure).toMatchObject({ message: 'the try had not ended when time was up' });
    expect(elapsed()).toBe(2_000);
  });

  test('keeps what an earlier try saw when the last one does not end', async () => {
    const { clock } = setup(0);
    const checks: Check[] = [() => Promise.reject(new Error('got 403')), () => clock.sleep(3_600_000)];
    const { failure } = await eventually(() => checks.shift()?.() ?? Promise.resolve(), { within: '2s' }, clock);
    expect(failure).toMatchObject({ message: 'got 403' });
  });

  test('leaves no timer behind', async () => {
    const { clock, check } = setup(200);
    await eventually(check, {}, clock);
    expect(clock.pendingTimers()).toBe(0);
  });
});

describe('always', () => {
  test('tries for the whole time', async () => {
    const { clock, check, elapsed } = setup(0);
    const { attempts, failure, summary } = await always(check, { during: '2s', every: '100ms' }, clock);
    expect({ attempts, failure, elapsed: elapsed() }).toEqual({ attempts: 20, failure: undefined, elapsed: 2_000 });
    expect(summary).toBe('held for 2.0s (20 tries)');
  });

  test('ends at the first try that does not hold', async () => {
    const { clock, check } = setup(0, 1_200);
    const { summary } = await always(check, { during: '2s', every: '100ms' }, clock);
    expect(summary).toBe('held for 1.2s only (failed at try 13)');
  });

  test('lets its last try end after the time', async () => {
    const { clock } = setup(0);
    const { failure } = await always(() => clock.sleep(300), { during: '1s' }, clock);
    expect(failure).toBeUndefined();
  });
});

test('a duration that cannot be read makes the scenario invalid', async () => {
  const { clock, check } = setup(0);
  await expect(eventually(check, { within: '2 s' as never }, clock)).rejects.toMatchObject({
    code: 'INVALID_SCENARIO',
  });
});
