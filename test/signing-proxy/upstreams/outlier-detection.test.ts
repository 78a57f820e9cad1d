import { expect, test } from 'vitest';
import { OutlierMonitor } from '#signing-proxy/upstreams/outlier-detection.ts';
import { compileOutlierDetection } from '#signing-proxy/upstreams/outlier-plan.ts';
import { findOutliers } from '#signing-proxy/upstreams/outlier-rates.ts';
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
  Array.from({ length: times }, () => monitor.note({ kind: 'answer', status }));

test('wants an ejection after five failures in a row, unless told otherwise', () => {
  expect(failTimes(createMonitor({}), 5)).toEqual([0, 0, 0, 0, 1]);
  expect(failTimes(createMonitor({ consecutive5xx: 2 }), 2)).toEqual([0, 1]);
  expect(failTimes(createMonitor({ enforcingConsecutive5xx: 0 }), 6)).not.toContain(1);
});

test('begins to count anew with a good answer', () => {
  const monitor = createMonitor({ consecutive5xx: 2 });
  expect([500, 200, 500, 404, 503].map((status) => monitor.note({ kind: 'answer', status }))).not.toContain(1);
});

test('counts gateway failures apart where they are enforced', () => {
  const config = { consecutive5xx: 0, enforcingConsecutive5xx: 0, consecutiveGatewayFailure: 2 };
  expect(failTimes(createMonitor(config), 3, 503)).not.toContain(1);
  const enforced = { ...config, enforcingConsecutiveGatewayFailure: 100 };
  expect(failTimes(createMonitor(enforced), 2, 503)).toEqual([0, 1]);
  expect(failTimes(createMonitor(enforced), 3, 500)).not.toContain(1);
});

test('ends an ejection on the first interval after its time, and each one later than the one before', () => {
  const monitor = createMonitor({ interval: '10s', baseEjectionTime: '15s' });
  monitor.eject(1000);
  expect([19_999, 20_000].map((now) => monitor.isEjected(now))).toEqual([true, false]);
  monitor.eject(20_001);
  expect([59_999, 60_000].map((now) => monitor.isEjected(now))).toEqual([true, false]);
});

test('tells what happens before an answer from answers where it is to', () => {
  const failure = { kind: 'failure', countsAs: 503 } as const;
  const joined = createMonitor({ consecutive5xx: 2, consecutiveLocalOriginFailure: 1 });
  expect([failure, { kind: 'answer', status: 500 } as const].map((event) => joined.note(event))).toEqual([0, 1]);
  const split = createMonitor({ consecutive5xx: 2, splitExternalLocalOriginErrors: true });
  expect(failTimes(split, 1)).toEqual([0]);
  expect(Array.from({ length: 5 }, () => split.note(failure))).toEqual([0, 0, 0, 0, 1]);
  expect(split.note({ kind: 'connected' })).toBe(0);
  expect(split.note(failure)).toBe(0);
});

interface Tally {
  readonly total: number;
  readonly successes: number;
}

const outliersAmong = (tallies: readonly Tally[], config: object) => {
  const rules = compileOutlierDetection(fromProtoJson(OutlierDetectionSchema, config))?.rates.answers;
  const counts = new Map(tallies.map((tally, index) => [index, { ...tally }]));
  return rules && findOutliers(counts, rules).map(({ host }) => host);
};

const ALL_GOOD = Array.from({ length: 4 }, () => ({ total: 100, successes: 100 }));

test.each([
  // Mean 90, deviation 20: below 90 - 1.9 * 20 = 52.
  [{ total: 100, successes: 50 }, {}, [4]],
  [{ total: 100, successes: 90 }, {}, [4]],
  [{ total: 99, successes: 50 }, {}, []],
  [{ total: 100, successes: 50 }, { successRateMinimumHosts: 6 }, []],
  [{ total: 100, successes: 50 }, { successRateStdevFactor: 2100 }, []],
  [{ total: 100, successes: 50 }, { enforcingSuccessRate: 0 }, []],
])('ejects an endpoint whose %j are far below the mean: %j', (bad, config, expected) => {
  expect(outliersAmong([...ALL_GOOD, bad], config)).toEqual(expected);
});

test.each([
  [{ total: 50, successes: 7 }, {}, [4]],
  [{ total: 50, successes: 8 }, {}, []],
  [{ total: 49, successes: 0 }, {}, []],
  [{ total: 50, successes: 20 }, { failurePercentageThreshold: 60 }, [4]],
  [{ total: 50, successes: 0 }, { failurePercentageMinimumHosts: 6 }, []],
])('ejects an endpoint of which too many of %j fail: %j', (bad, config, expected) => {
  const rules = { enforcingSuccessRate: 0, enforcingFailurePercentage: 100, ...config };
  expect(outliersAmong([...ALL_GOOD, bad], rules)).toEqual(expected);
});

const OTHER = { host: '10.42.0.10', port: 8080 };
const TWO = assignment('app', [APP.host, APP.port], [OTHER.host, OTHER.port]);

/** One of two may be ejected. */
const HALF = { maxEjectionPercent: 50 };

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
  await using rig = await startTwo({ ...HALF, consecutive5xx: 2, baseEjectionTime: '30s' });
  expect((await rig.ask(4)).toSorted()).toEqual(['bad', 'bad', 'good', 'good']);
  expect(await rig.ask(6)).not.toContain('bad');
  await rig.world.clock.sleep(40_000);
  expect(await rig.ask(2)).toContain('bad');
});

test('uses every endpoint where too few are left', async () => {
  await using rig = await startTwo(
    { ...HALF, consecutive5xx: 1 },
    { commonLbConfig: { healthyPanicThreshold: { value: 60 } } },
  );
  expect(await rig.ask(6)).toEqual(expect.arrayContaining(['good', 'bad']));
  expect((await rig.ask(4)).filter((answer) => answer === 'bad')).toHaveLength(2);
});

test('has no healthy upstream when the only endpoint is ejected and nothing allows panic', async () => {
  await using world = createUpstreamWorld();
  world.network.addHost('east', APP.host);
  const cluster = world.start(
    staticCluster('app', APP.host, APP.port, {
      outlierDetection: { consecutive5xx: 1, maxEjectionPercent: 100 },
      commonLbConfig: { healthyPanicThreshold: { value: 0 } },
    }),
  );
  await expect(send(cluster)).rejects.toMatchObject({ flag: 'UF' });
  await expect(send(cluster)).rejects.toMatchObject({ flag: 'UH' });
});

test('compares endpoints when an interval ends, and ejects the one that fails most', async () => {
  const rates = {
    failurePercentageMinimumHosts: 2,
    failurePercentageRequestVolume: 5,
    enforcingFailurePercentage: 100,
  };
  await using rig = await startTwo({ ...HALF, consecutive5xx: 100, ...rates });
  expect((await rig.ask(10)).filter((answer) => answer === 'bad')).toHaveLength(5);
  expect(await rig.ask(2)).toContain('bad');
  await rig.world.clock.sleep(10_000);
  expect(await rig.ask(4)).not.toContain('bad');
  await rig.world.clock.sleep(30_000);
  expect(await rig.ask(2)).toContain('bad');
});

test('ejects nothing where one endpoint is more than may be ejected, unless one always may', async () => {
  await using rig = await startTwo({ consecutive5xx: 1, maxEjectionPercent: 49 });
  expect((await rig.ask(8)).filter((answer) => answer === 'bad')).toHaveLength(4);
  await using other = await startTwo({ consecutive5xx: 1, maxEjectionPercent: 49, alwaysEjectOneHost: true });
  await other.ask(2);
  expect(await other.ask(4)).not.toContain('bad');
});

test('ejects by chance where the rule is not always enforced', async () => {
  await using rig = await startTwo({ ...HALF, consecutive5xx: 1, enforcingConsecutive5xx: 20, baseEjectionTime: '1s' });
  let ejections = 0;
  for (let round = 0; round < 60; round++) {
    await rig.ask(2);
    if (!(await rig.ask(2)).includes('bad')) ejections++;
    await rig.world.clock.sleep(600_000);
  }
  // One failure, sometimes two, at one in five each.
  expect(ejections).toBeGreaterThan(5);
  expect(ejections).toBeLessThan(35);
});

test('keeps an endpoint ejected longer by chance where jitter is asked for', () => {
  const monitor = createMonitor({ interval: '1s', baseEjectionTime: '10s', maxEjectionTimeJitter: '5s' });
  monitor.eject(0, 4_000);
  expect([13_999, 14_000].map((now) => monitor.isEjected(now))).toEqual([true, false]);
});

test('refuses a longest ejection below the shortest', () => {
  expect(() => createMonitor({ baseEjectionTime: '60s', maxEjectionTime: '30s' })).toThrow(
    "outlier detector's max_ejection_time cannot be smaller than base_ejection_time",
  );
});
