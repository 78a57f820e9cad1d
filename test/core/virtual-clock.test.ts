import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { trackComputation } from '#core/clock.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';

const START = Date.UTC(2026, 0, 1);

test('an hour passes at once', async () => {
  using clock = createVirtualClock();
  const startedAt = performance.now();
  await clock.sleep(3_600_000);
  expect(clock.now()).toBe(START + 3_600_000);
  expect(performance.now() - startedAt).toBeLessThan(1000);
});

test('timers fire by instant, and by creation where instants are equal', async () => {
  using clock = createVirtualClock();
  const fired: string[] = [];
  clock.setTimer(20, () => fired.push('20'));
  clock.setTimer(10, () => fired.push('10 first'));
  clock.setTimer(10, () => fired.push('10 second'));
  await clock.sleep(30);
  expect(fired).toEqual(['10 first', '10 second', '20']);
});

test('a cancelled timer neither fires nor moves time', async () => {
  using clock = createVirtualClock();
  let hasFired = false;
  clock.setTimer(50, () => (hasFired = true)).cancel();
  await clock.sleep(10);
  expect([hasFired, clock.now() - START, clock.pendingTimers()]).toEqual([false, 10, 0]);
});

test('time stands still while immediates, promises and files are under way', async () => {
  using clock = createVirtualClock();
  let seen = 0;
  const timer = clock.sleep(1000).then(() => seen);
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    await readFile(import.meta.filename);
    expect(clock.now()).toBe(START);
    seen++;
  }
  expect(await timer).toBe(20);
});

test('a sleep ends with the reason of its signal', async () => {
  using clock = createVirtualClock();
  const controller = new AbortController();
  clock.setTimer(5, () => controller.abort(new Error('enough')));
  await expect(clock.sleep(60_000, controller.signal)).rejects.toThrow('enough');
  expect([clock.now() - START, clock.pendingTimers()]).toEqual([5, 0]);
});

test('time stands still during a tracked computation', async () => {
  using clock = createVirtualClock();
  const woken = clock.sleep(1).then(() => clock.now());
  await trackComputation(clock, () => crypto.subtle.digest('SHA-256', new Uint8Array(1 << 22)));
  expect(clock.now()).toBe(START);
  expect(await woken).toBe(START + 1);
});

test('computations end in the order in which they began, after all else of their instant', async () => {
  using clock = createVirtualClock();
  const ended: string[] = [];
  const compute = async (name: string, bytes: number) => {
    await trackComputation(clock, () => crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));
    ended.push(name);
  };
  const both = Promise.all([compute('long', 1 << 22), compute('short', 1)]);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  ended.push('turns');
  await both;
  expect(ended).toEqual(['turns', 'long', 'short']);
});

test('time follows real time while a child process runs', async () => {
  using clock = createVirtualClock();
  const child = clock.noteOutside('process');
  const startedAt = performance.now();
  await clock.sleep(60);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(55);
  child[Symbol.dispose]();
  await clock.sleep(60_000);
  expect(performance.now() - startedAt).toBeLessThan(5000);
});

test('jumps are reported in order', async () => {
  using clock = createVirtualClock();
  const jumps: number[][] = [];
  clock.onJump((from, to) => jumps.push([from - START, to - START]));
  await Promise.all([clock.sleep(10), clock.sleep(35_000)]);
  expect(jumps).toEqual([
    [0, 10],
    [10, 35_000],
  ]);
});

test('two clocks of one process do not keep each other awake', async () => {
  using one = createVirtualClock();
  using other = createVirtualClock();
  await Promise.all([one.sleep(1_000_000), other.sleep(5)]);
  expect([one.now() - START, other.now() - START]).toEqual([1_000_000, 5]);
});

test('a real curl gets its answer from a handler that takes 35 virtual seconds', async () => {
  using clock = createVirtualClock();
  const server = createServer((socket) => {
    const activity = clock.noteOutside('connection');
    socket.once('close', () => activity[Symbol.dispose]());
    socket.once('data', () => {
      clock.setTimer(35_000, () =>
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nawake'),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  const startedAt = performance.now();
  const { stdout } = await promisify(execFile)('curl', [
    '-sS',
    '--max-time',
    '20',
    `http://127.0.0.1:${address.port}/`,
  ]);
  server.close();
  expect([stdout, clock.now() - START]).toEqual(['awake', 35_000]);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});
