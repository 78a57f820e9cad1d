import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { CircuitBreaker } from '#signing-proxy/upstreams/circuit-breaker.ts';
import { APP, startApp } from '../support/http-app.ts';
import { staticCluster } from '../support/resources.ts';
import { createUpstreamWorld, fetchText, send } from '../support/upstream-world.ts';

const limited = (thresholds: object) =>
  staticCluster('app', APP.host, APP.port, { circuitBreakers: { thresholds: [thresholds] } });

const OVERFLOW = { reason: 'overflow', flag: 'UO', retryKind: 'none' };

/** An application that answers when it is told to. */
async function startSlowApp(thresholds: object) {
  const world = createUpstreamWorld();
  const held: ServerResponse[] = [];
  const app = await startApp(world.network, (_, response) => void held.push(response));
  const cluster = world.start(limited(thresholds));
  return {
    world,
    app,
    cluster,
    answerNext: () => held.shift()?.end('hello'),
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

test('refuses requests above their limit', async () => {
  await using rig = await startSlowApp({ maxRequests: 1 });
  const first = fetchText(rig.cluster);
  await rig.world.clock.sleep(1);
  await expect(send(rig.cluster)).rejects.toMatchObject(OVERFLOW);
  rig.answerNext();
  expect(await first).toBe('hello');
  const next = fetchText(rig.cluster);
  await rig.world.clock.sleep(1);
  rig.answerNext();
  expect(await next).toBe('hello');
});

test('makes requests wait for a connection above the limit of connections', async () => {
  await using rig = await startSlowApp({ maxConnections: 1 });
  const [first, second] = [fetchText(rig.cluster), fetchText(rig.cluster)];
  await rig.world.clock.sleep(1);
  rig.answerNext();
  expect(await first).toBe('hello');
  await rig.world.clock.sleep(1);
  rig.answerNext();
  expect(await second).toBe('hello');
  expect(rig.app.connections()).toBe(1);
});

test('refuses requests that would have to wait above the limit of those', async () => {
  await using rig = await startSlowApp({ maxConnections: 1, maxPendingRequests: 1 });
  const first = fetchText(rig.cluster);
  await rig.world.clock.sleep(1);
  const second = fetchText(rig.cluster);
  await expect(send(rig.cluster)).rejects.toMatchObject(OVERFLOW);
  rig.answerNext();
  await first;
  await rig.world.clock.sleep(1);
  rig.answerNext();
  expect(await second).toBe('hello');
});

test('forgets a waiting request that is aborted', async () => {
  await using rig = await startSlowApp({ maxConnections: 1, maxPendingRequests: 1 });
  const first = fetchText(rig.cluster);
  await rig.world.clock.sleep(1);
  const abort = new AbortController();
  const second = send(rig.cluster, { signal: abort.signal });
  abort.abort(new Error('left'));
  await expect(second).rejects.toThrow('left');
  const third = fetchText(rig.cluster);
  rig.answerNext();
  await first;
  await rig.world.clock.sleep(1);
  rig.answerNext();
  expect(await third).toBe('hello');
});

test('counts retries under way', async () => {
  await using world = createUpstreamWorld();
  const cluster = world.start(limited({ maxRetries: 1 }));
  const retry = cluster.tryRetry();
  expect(cluster.tryRetry()).toBeUndefined();
  retry?.[Symbol.dispose]();
  expect(cluster.tryRetry()).toBeDefined();
});

test('allows retries as a part of the requests under way where there is a budget', () => {
  const breaker = new CircuitBreaker({
    connections: 100,
    pendingRequests: 100,
    requests: 100,
    retries: 0,
    retryBudget: { share: 0.2, minimum: 3 },
  });
  const count = () => {
    let retries = 0;
    for (; breaker.hasRoom('retries'); retries++) breaker.take('retries');
    for (let left = retries; left > 0; left--) breaker.leave('retries');
    return retries;
  };
  expect(count()).toBe(3);
  for (let requests = 0; requests < 50; requests++) breaker.take('requests');
  expect(count()).toBe(10);
});
