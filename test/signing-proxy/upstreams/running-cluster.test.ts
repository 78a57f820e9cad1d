import { describe, expect, test } from 'vitest';
import { APP, startApp } from '../support/http-app.ts';
import { assignment, staticCluster } from '../support/resources.ts';
import { createUpstreamWorld, fetchText, send } from '../support/upstream-world.ts';

const CLUSTER = staticCluster('app', APP.host, APP.port);
const OTHER = { host: '10.42.0.10', port: 8080 };

describe('a cluster', () => {
  test('has no healthy upstream without endpoints', async () => {
    await using world = createUpstreamWorld();
    const cluster = world.start({ name: 'BlackHoleCluster', type: 'STATIC', connectTimeout: '10s' });
    await expect(send(cluster)).rejects.toMatchObject({
      reason: 'no healthy upstream',
      flag: 'UH',
      retryKind: 'none',
      endpoint: undefined,
    });
  });

  test('tells a refused connection', async () => {
    await using world = createUpstreamWorld();
    world.network.addHost('east', APP.host);
    await expect(send(world.start(CLUSTER))).rejects.toMatchObject({
      reason: 'connection failure',
      flag: 'UF',
      retryKind: 'connect-failure',
      endpoint: APP,
    });
    expect(world.timeline.events()).toMatchObject([{ type: 'connection', phase: 'refused', to: '10.42.0.9:8080' }]);
  });

  test('gives up connecting into a black hole after the connect timeout', async () => {
    await using world = createUpstreamWorld();
    const started = world.clock.now();
    await expect(send(world.start(CLUSTER))).rejects.toMatchObject({ reason: 'connection failure', flag: 'UF' });
    expect(world.clock.now() - started).toBe(10_000);
    expect(world.timeline.events()).toMatchObject([{ type: 'connection', phase: 'failed' }]);
  });

  test('stops connecting when the request is aborted, with the reason of the abort', async () => {
    await using world = createUpstreamWorld();
    const controller = new AbortController();
    world.clock.setTimer(2000, () => controller.abort(new Error('per-try timeout')));
    await expect(send(world.start(CLUSTER), { signal: controller.signal })).rejects.toThrow('per-try timeout');
    expect(world.clock.pendingTimers()).toBe(0);
    expect(world.timeline.events()).toEqual([]);
  });

  test('prefers endpoints that were not tried, as often as it may choose', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startApp(world.network, 'one');
    await using __ = await startApp(world.network, 'two', OTHER);
    const cluster = world.start({
      ...CLUSTER,
      loadAssignment: assignment('app', [APP.host, 8080], [OTHER.host, 8080]),
    });
    for (let count = 0; count < 5; count++) {
      expect(await fetchText(cluster, { previousHosts: [APP], maxHostPicks: 50 })).toBe('two');
      expect(await fetchText(cluster, { previousHosts: [OTHER], maxHostPicks: 50 })).toBe('one');
    }
    expect(await fetchText(cluster, { previousHosts: [APP, OTHER], maxHostPicks: 50 })).toMatch(/one|two/);
  });

  test("reaches the application of its own pod by the pod's address, from inbound clusters alone", async () => {
    await using world = createUpstreamWorld();
    await using _ = await startApp(world.network, 'app', { host: '127.0.0.1', port: 8080, zone: 'east/pod' });
    await using __ = await startApp(world.network, 'proxy', { host: '10.42.0.5', port: 8080 });
    expect(await fetchText(world.start(staticCluster('inbound|80||', '10.42.0.5', 8080)))).toBe('app');
    expect(await fetchText(world.start(staticCluster('outbound|80||a', '10.42.0.5', 8080)))).toBe('proxy');
  });

  test('does not pass on what nobody redirected', async () => {
    await using world = createUpstreamWorld();
    const cluster = world.start({ name: 'PassthroughCluster', type: 'ORIGINAL_DST', lbPolicy: 'CLUSTER_PROVIDED' });
    const originalDestination = { host: '127.0.0.1', port: 8000 };
    await expect(send(cluster, { originalDestination })).rejects.toMatchObject({ flag: 'UH' });
  });

  test('leaves unhealthy endpoints alone while enough are healthy', async () => {
    await using world = createUpstreamWorld();
    await using app = await startApp(world.network, 'one');
    const sick = await startApp(world.network, 'two', OTHER);
    await using _ = sick;
    const unhealthy = { healthStatus: 'UNHEALTHY' };
    const cluster = world.start({
      ...CLUSTER,
      loadAssignment: assignment('app', [APP.host, 8080], [OTHER.host, 8080, unhealthy]),
    });
    for (let count = 0; count < 10; count++) await fetchText(cluster);
    expect([app.connections(), sick.connections()]).toEqual([1, 0]);
    const allSick = world.start({
      ...CLUSTER,
      name: 'panic',
      loadAssignment: assignment('panic', [OTHER.host, 8080, unhealthy]),
    });
    expect(await fetchText(allSick)).toBe('two');
    const calm = {
      ...CLUSTER,
      name: 'calm',
      loadAssignment: assignment('calm', [OTHER.host, 8080, unhealthy]),
      commonLbConfig: { healthyPanicThreshold: { value: 0 } },
    };
    await expect(send(world.start(calm))).rejects.toMatchObject({ flag: 'UH' });
  });

  test('uses a lower priority only when the higher has nobody healthy', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startApp(world.network, 'one');
    await using __ = await startApp(world.network, 'two', OTHER);
    const level = (host: string, priority: number, healthStatus: string) => ({
      priority,
      lbEndpoints: [{ endpoint: { address: { socketAddress: { address: host, portValue: 8080 } } }, healthStatus }],
    });
    const build = (health: string) => ({
      ...CLUSTER,
      loadAssignment: { clusterName: 'app', endpoints: [level(OTHER.host, 1, 'HEALTHY'), level(APP.host, 0, health)] },
    });
    expect(await fetchText(world.start(build('HEALTHY')))).toBe('one');
    expect(await fetchText(world.start(build('UNHEALTHY')))).toBe('two');
  });

  test('follows a name to its new address at the next refresh', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startApp(world.network, 'one');
    await using __ = await startApp(world.network, 'two', OTHER);
    const old = world.network.addName('east', 'app.example', [APP.host]);
    const cluster = world.start({
      ...CLUSTER,
      type: 'STRICT_DNS',
      dnsRefreshRate: '60s',
      loadAssignment: assignment('app', ['app.example', 8080]),
    });
    expect(cluster.dependencies.map(({ label }) => label)).toEqual(['DNS "app.example"']);
    await world.clock.sleep(1);
    expect(await fetchText(cluster)).toBe('one');
    old[Symbol.dispose]();
    world.network.addName('east', 'app.example', [OTHER.host]);
    expect(await fetchText(cluster)).toBe('one');
    await world.clock.sleep(60_000);
    expect(await fetchText(cluster)).toBe('two');
  });

  test('keeps the addresses of a name that stops resolving', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startApp(world.network, 'one');
    const name = world.network.addName('east', 'app.example', [APP.host]);
    const cluster = world.start({
      ...CLUSTER,
      type: 'LOGICAL_DNS',
      loadAssignment: assignment('app', ['app.example', 8080]),
    });
    await world.clock.sleep(1);
    name[Symbol.dispose]();
    await world.clock.sleep(30_000);
    expect(await fetchText(cluster)).toBe('one');
  });

  test('is ready, without endpoints, when a name does not resolve', async () => {
    await using world = createUpstreamWorld();
    const cluster = world.start({
      ...CLUSTER,
      type: 'STRICT_DNS',
      loadAssignment: assignment('app', ['nowhere.example', 8080]),
    });
    await world.clock.sleep(1);
    expect(cluster.dependencies[0]?.arrived.isOpen).toBe(true);
    await expect(send(cluster)).rejects.toMatchObject({ flag: 'UH' });
  });

  test('uses every address of a strict name and the first of a logical one', async () => {
    await using world = createUpstreamWorld();
    world.network.addName('east', 'app.example', [APP.host, OTHER.host]);
    const build = (type: string) =>
      world.start({ ...CLUSTER, type, loadAssignment: assignment('app', ['app.example', 8080]) });
    const [strict, logical] = [build('STRICT_DNS'), build('LOGICAL_DNS')];
    await world.clock.sleep(1);
    expect(strict.endpoints()).toHaveLength(2);
    expect(logical.endpoints()).toHaveLength(1);
  });

  test('opens a plain connection to an endpoint for TCP, and closes it when it is disposed', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startApp(world.network);
    const cluster = world.start(CLUSTER);
    const { stream, endpoint } = await cluster.connect({ signal: new AbortController().signal });
    expect(endpoint).toEqual(APP);
    await cluster[Symbol.asyncDispose]();
    expect(stream.destroyed).toBe(true);
  });

  test.each([
    [
      { type: 'LOGICAL_DNS', loadAssignment: assignment('app', ['a.example', 1], ['b.example', 1]) },
      'LOGICAL_DNS clusters must have a single',
    ],
    [{ type: 'EDS' }, 'cannot create an EDS cluster without an EDS config'],
    [{ lbPolicy: 'LOAD_BALANCING_POLICY_CONFIG' }, 'cluster: field load_balancing_policy need to be set'],
    [
      {
        loadAssignment: {
          clusterName: 'app',
          endpoints: [{ lbEndpoints: [{ endpoint: { address: { pipe: { path: '/a' } } } }] }],
        },
      },
      'endpoint address is not a socket address: pipe',
    ],
    [
      { clusterType: { name: 'envoy.clusters.redis' } },
      "Didn't find a registered cluster factory implementation for name: 'envoy.clusters.redis'",
    ],
  ])('is refused with %j', async (change, message) => {
    await using world = createUpstreamWorld();
    const { type: _, ...rest } = CLUSTER as { type: string };
    expect(() => world.start({ ...('clusterType' in change ? rest : CLUSTER), ...change })).toThrow(message);
  });
});

test('tells the name of the endpoint that was chosen before the head is sent', async () => {
  await using world = createUpstreamWorld();
  await using _ = await startApp(world.network, (request, response) => void response.end(request.headers.host));
  world.network.addName('east', 'app.example', [APP.host]);
  const cluster = world.start({
    ...CLUSTER,
    type: 'LOGICAL_DNS',
    loadAssignment: assignment('app', ['app.example', APP.port]),
  });
  await world.clock.sleep(1);
  const names: string[] = [];
  await fetchText(cluster, { onHostChosen: (name) => void names.push(name) });
  expect(names).toEqual(['app.example']);
});
