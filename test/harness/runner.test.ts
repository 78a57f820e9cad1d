import { describe, expect, test } from 'vitest';
import { MeshrigError } from '#core/errors.ts';
import type { TimelineEvent } from '#core/timeline.ts';
import { createFakeBackend } from './support/fake-backend.ts';
import { eastScenario, resultOf, runForTest } from './support/run-for-test.ts';

describe('a scenario', () => {
  test('passes when its steps and expectations held', async () => {
    const result = await resultOf(async ({ east, step, expect: check }) => {
      const forward = await step('forward', () => east.portForward(0, 'ingress', 80));
      check(await forward.get('/cat')).toHaveStatus(200);
    });
    expect(result).toMatchObject({ outcome: 'passed', virtualMs: 0, leaks: [] });
  });

  test('without an expectation is not valid', async () => {
    const result = await resultOf(async () => {});
    expect(result.failure).toMatchObject({
      code: 'INVALID_SCENARIO',
      message: expect.stringContaining('it has no expectation') as string,
    });
  });

  test('fails with the step, the place and both sides of the expectation', async () => {
    const result = await resultOf(
      async ({ east, step, expect: check }) => {
        const forward = await east.portForward(0, 'ingress', 80);
        await step('GET /cat', async () => check(await forward.get('/cat')).toHaveStatus(200));
      },
      { backend: createFakeBackend({ answer: () => ({ status: 404 }) }) },
    );
    expect(result.failure).toMatchObject({
      code: 'EXPECTATION_FAILED',
      message: 'Step 2, GET /cat: expected status 200, got 404',
      location: { file: 'test/harness/runner.test.ts' },
    });
  });

  test('fails when it catches the failure of a step', async () => {
    const result = await resultOf(async ({ step, expect: check }) => {
      const fail = () => step('break', () => Promise.reject(new Error('broken')));
      await fail().catch(() => {});
      check(1).toBe(1);
    });
    expect(result.failure?.message).toBe('Step 2, break: broken');
  });

  test('fails when it catches a failed expectation', async () => {
    const result = await resultOf(async ({ expect: check }) => {
      try {
        check(1).toBe(2);
      } catch {
        // What must not go unnoticed.
      }
    });
    expect(result.failure?.message).toBe('After step 1: expected to be 2');
  });

  test('starts no step after a failed one', async () => {
    const started: string[] = [];
    await resultOf(async ({ step }) => {
      await step('first', () => Promise.reject(new Error('broken'))).catch(() => {});
      await step('second', () => void started.push('second'));
    });
    expect(started).toEqual([]);
  });

  test.each(['fix', 'fault'] as const)('leaves out the steps of one role on demand: %s', async (without) => {
    const done: string[] = [];
    const outcomes: string[] = [];
    const onEvent = (event: TimelineEvent) => void (event.type === 'step-finished' && outcomes.push(event.outcome));
    const result = await resultOf(
      async ({ step, fault, fix, expect: check }) => {
        await step('start', () => void done.push('start'));
        const broken = await fault('break', () => done.push('fault'));
        const repaired = await fix('repair', () => done.push('fix'));
        check([broken, repaired]).toContain(undefined);
      },
      { without, reporters: [{ onEvent }] },
    );
    expect(result.outcome).toBe('passed');
    expect(done).toEqual(['start', without === 'fix' ? 'fault' : 'fix']);
    expect(outcomes).toContain('left-out');
  });

  test('cannot open a step inside a step', async () => {
    const result = await resultOf(async ({ step }) => step('outer', () => step('inner', () => {})));
    expect(result.failure).toMatchObject({
      code: 'INVALID_SCENARIO',
      message: expect.stringContaining('step "outer" is still running') as string,
    });
  });

  test('explains the refused call that made it fail', async () => {
    const explainCall = () => ({ cause: 'host-port', grade: 'proved', sentence: 'Host was signed.' }) as const;
    const result = await resultOf(
      async ({ east, expect: check }) => {
        const forward = await east.portForward(0, 'ingress', 80);
        check(await forward.get('/cat')).toHaveStatus(200);
      },
      { explainCall, backend: createFakeBackend({ answer: () => ({ status: 403 }) }) },
    );
    expect(result.failure).toMatchObject({ summary: 'signature: host-port', explanation: { cause: 'host-port' } });
  });
});

describe('the parts', () => {
  test('are stopped after a failure too', async () => {
    let stops = 0;
    const backend = createFakeBackend({ onStop: () => void stops++ });
    await resultOf(async () => Promise.reject(new Error('broken')), { backend });
    expect(stops).toBe(1);
  });

  test('that stay open are leaks, and so are timers', async () => {
    const backend = createFakeBackend({ leaks: ['connection to 10.42.0.5:8080'] });
    const result = await resultOf(
      async ({ clock, expect: check }) => {
        clock.setTimer(60_000, () => {});
        check(1).toBe(1);
      },
      { backend },
    );
    expect(result).toMatchObject({ outcome: 'passed', leaks: ['connection to 10.42.0.5:8080', '1 timer'] });
  });

  test('that cannot be stopped are leaks', async () => {
    const backend = createFakeBackend({ onStop: () => Promise.reject(new Error('stuck')) });
    const result = await resultOf(async ({ expect: check }) => check(1).toBe(1), { backend });
    expect(result.leaks).toEqual(['stopping failed: stuck']);
  });

  test('that cannot be started fail with their own code', async () => {
    const portTaken = new MeshrigError('PORT_IN_USE', 'Failed to listen on "127.0.0.1:9080": port 9080 is taken');
    const start = (error: Error) => createFakeBackend({ onStart: () => Promise.reject(error) });
    const taken = await resultOf(async () => {}, { backend: start(portTaken) });
    const bug = await resultOf(async () => {}, { backend: start(new TypeError('undefined is not a function')) });
    expect([taken.failure?.code, bug.failure?.code]).toEqual(['PORT_IN_USE', 'BUG']);
  });
});

describe('a run', () => {
  const passing = eastScenario(async ({ expect: check }) => check(1).toBe(1), 'family/passes');
  const failing = eastScenario(async ({ expect: check }) => check(1).toBe(2), 'family/fails');

  test('goes on after a failed scenario', async () => {
    const { results } = await runForTest([failing, passing]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['failed', 'passed']);
  });

  test('stops after it with failFast', async () => {
    const { results } = await runForTest([failing, passing], { failFast: true });
    expect(results.map(({ name }) => name)).toEqual(['family/fails']);
  });

  test('stops what runs when it is interrupted, and starts no more', async () => {
    const controller = new AbortController();
    let stops = 0;
    const waiting = eastScenario(async ({ clock }) => {
      controller.abort(new MeshrigError('INTERRUPTED', 'interrupted by SIGINT'));
      await clock.sleep(1e9);
    });
    const backend = createFakeBackend({ onStop: () => void stops++ });
    const summary = await runForTest([waiting, passing], { signal: controller.signal, backend });
    expect(summary).toMatchObject({
      stopped: { code: 'INTERRUPTED' },
      results: [{ failure: { code: 'INTERRUPTED' } }],
    });
    expect(stops).toBe(1);
  });

  test('gives the same bytes for the same seed', async () => {
    const record = async (seed: string) => {
      const events: TimelineEvent[] = [];
      const waiting = eastScenario(async ({ clock, random, step, expect: check }) => {
        await step(`wait ${random.hex(8)}`, () => clock.sleep(random.integer(1, 1000)));
        check(1).toBe(1);
      });
      await runForTest([waiting], { seed, reporters: [{ onEvent: (event) => void events.push(event) }] });
      return JSON.stringify(events);
    };
    const [first, second, other] = [await record('a'), await record('a'), await record('b')];
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });
});
