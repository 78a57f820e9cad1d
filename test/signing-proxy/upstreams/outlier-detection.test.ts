import { expect, test } from 'vitest';
import { compileOutlierDetection, OutlierMonitor } from '#signing-proxy/upstreams/outlier-detection.ts';
import { OutlierDetectionSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';
import { APP, startApp } from '../support/http-app.ts';
import { assignment, staticCluster } from '../support/resources.ts';
import { createUpstreamWorld, fetchText, send } from '../support/upstream-world.ts';

function createMonitor(config: object): OutlierMonitor {
  const plan = compileOutlierDetection(fromProtoJson(OutlierDetectionSchema, config));
  if (plan === undefined) throw new Error('no plan');
  return new OutlierMonitor(plan, 0);
}

const failTimes = (monitor: OutlierMonitor, times: number, status = 500) =>
  Array.from({ length: times }, () => monitor.noteStatus(status));

test('wants an ejection after five failures in a row, unless told otherwise', () => {
  expect(failTimes(createMonitor({}), 5)).toEqual([false, false, false, false, true]);
  expect(failTimes(createMonitor({ consecutive5xx: 2 }), 2)).toEqual([false, true]);
  expect(failTimes(createMonitor({ enforcingConsecutive5xx: 0 }), 6)).not.toContain(true);
});

test('begins to count anew with a good answer', () => {
  const monitor = createMonitor({ consecutive5xx: 2 });
  expect([500, 200, 500, 404, 503].map((status) => monitor.noteStatus(status))).not.toContain(true);
});

test('counts gateway failures apart where they are enforced', () => {
  const config = { consecutive5xx: 0, enforcingConsecutive5xx: 0, consecutiveGatewayFailure: 2 };
  expect(failTimes(createMonitor(config), 3, 503)).not.toContain(true);
  const enforced = { ...config, enforcingConsecutiveGatewayFailure: 100 };
  expect(failTimes(createMonitor(enforced), 2, 503)).toEqual([false, true]);
  expect(failTimes(createMonitor(enforced), 3, 500)).not.toContain(true);
});

test('ends an ejection on the first interval after its time, and each one later than the one before', () => {
  const monitor = createMonitor({ interval: '10s', baseEjectionTime: '15s' });
  monitor.eject(1000);
  expect([19_999, 20_000].map((now) => monitor.isEjected(now))).toEqual([true, false]);
  monitor.eject(20_001);
  expect([59_999, 60_000].map((now) => monitor.isEjected(now))).toEqual([true, false]);
});

const OTHER = { host: '10.42.0.10', port: 8080 };
const TWO = assignment('app', [APP.host, APP.port], [OTHER.host, OTHER.port]);

async function startTwo(outlierDetection: object, more: object = {}) {
  const world = createUpstreamWorld();
  const bad = await startApp(world.network, (_, response) => void response.writeHead(500).end('bad'));
  const good = await startApp(world.network, 'good', OTHER);
  const config = { lbPolicy: 'ROUND_ROBIN', loadAssignment: TWO, outlierDetection, ...more };
  const cluster = world.start(staticCluster('app', APP.host, APP.port, config));
  const ask = async (times: number) => {
    const answers: string[] = [];
    for (let count = 0; count < times; count++) answers.push(await fetchText(cluster));
    return answers;
  };
  return {
    world,
    ask,
    async [Symbol.asyncDispose]() {
      await bad[Symbol.asyncDispose]();
      await good[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

test('leaves an endpoint alone that failed too often, and comes back to it', async () => {
  await using rig = await startTwo({ consecutive5xx: 2, baseEjectionTime: '30s' });
  expect((await rig.ask(4)).toSorted()).toEqual(['bad', 'bad', 'good', 'good']);
  expect(await rig.ask(6)).not.toContain('bad');
  await rig.world.clock.sleep(40_000);
  expect(await rig.ask(2)).toContain('bad');
});

test('uses every endpoint where too few are left', async () => {
  await using rig = await startTwo({ consecutive5xx: 1 }, { commonLbConfig: { healthyPanicThreshold: { value: 60 } } });
  expect(await rig.ask(6)).toEqual(expect.arrayContaining(['good', 'bad']));
  expect((await rig.ask(4)).filter((answer) => answer === 'bad')).toHaveLength(2);
});

test('has no healthy upstream when the only endpoint is ejected and nothing allows panic', async () => {
  await using world = createUpstreamWorld();
  world.network.addHost('east', APP.host);
  const cluster = world.start(
    staticCluster('app', APP.host, APP.port, {
      outlierDetection: { consecutive5xx: 1 },
      commonLbConfig: { healthyPanicThreshold: { value: 0 } },
    }),
  );
  await expect(send(cluster)).rejects.toMatchObject({ flag: 'UF' });
  await expect(send(cluster)).rejects.toMatchObject({ flag: 'UH' });
});
