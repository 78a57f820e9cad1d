import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { compileCluster } from '#signing-proxy/upstreams/compile-cluster.ts';
import type { Endpoint } from '#signing-proxy/upstreams/endpoint.ts';
import { HostSet } from '#signing-proxy/upstreams/host-set.ts';
import { computePriorityLoads } from '#signing-proxy/upstreams/priority-load.ts';
import { ClusterSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';

interface Locality {
  readonly zone?: string;
  readonly weight?: number;
  readonly priority?: number;
  /** Healthy or not, an endpoint each. */
  readonly health: readonly boolean[];
}

function createHosts(localities: readonly Locality[], commonLbConfig: object = {}): HostSet {
  using clock = createVirtualClock();
  const endpoints = localities.map(({ zone = '', weight, priority = 0, health }, place) => ({
    priority,
    locality: { zone },
    ...(weight !== undefined && { loadBalancingWeight: weight }),
    lbEndpoints: health.map((isHealthy, index) => ({
      healthStatus: isHealthy ? 'HEALTHY' : 'UNHEALTHY',
      endpoint: { address: { socketAddress: { address: `${place}.${index}`, portValue: 1 } } },
    })),
  }));
  const json = { name: 'c', lbPolicy: 'RANDOM', commonLbConfig, loadAssignment: { clusterName: 'c', endpoints } };
  const plan = compileCluster(fromProtoJson(ClusterSchema, json));
  const hosts = new HostSet(plan, { clock, random: createRandom('hosts') });
  hosts.update(plan.discovery.kind === 'fixed' ? plan.discovery.endpoints : []);
  return hosts;
}

/** The share of choices for each endpoint, named `<locality>.<number>`, in tenths. */
function choose(localities: readonly Locality[], commonLbConfig: object = {}): Record<string, number> {
  const hosts = createHosts(localities, commonLbConfig);
  const counts: Record<string, number> = {};
  for (let count = 0; count < 1000; count++) {
    const name = hosts.choose()?.endpoint.address.host ?? 'none';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Math.round(count / 100)]));
}

const WEIGHTED = { localityWeightedLbConfig: {} };

test('uses the first priority alone while enough of it is healthy', () => {
  const choice = choose([{ health: [true, true, true, false] }, { priority: 1, health: [true] }]);
  expect(Object.keys(choice).toSorted()).toEqual(['0.0', '0.1', '0.2']);
});

test('sends what the first priority cannot carry to the next', () => {
  expect(choose([{ health: [true, false] }, { priority: 1, health: [true] }])).toEqual({ '0.0': 7, '1.0': 3 });
  expect(choose([{ health: [false] }, { priority: 1, health: [true] }])).toEqual({ '1.0': 10 });
});

test('does not panic in a priority as long as the others carry the rest', () => {
  const choice = choose([{ health: [true, false, false, false] }, { priority: 1, health: [true] }]);
  expect(Object.keys(choice).toSorted()).toEqual(['0.0', '1.0']);
});

test('shares requests by the weights of localities where the cluster says so', () => {
  const localities = [
    { zone: 'a', weight: 80, health: [true] },
    { zone: 'b', weight: 20, health: [true] },
  ];
  expect(choose(localities, WEIGHTED)).toEqual({ '0.0': 8, '1.0': 2 });
  expect(choose(localities)).toEqual({ '0.0': 5, '1.0': 5 });
});

test('lowers the weight of a locality that has too few healthy endpoints', () => {
  const localities = [
    { zone: 'a', weight: 50, health: [true, false, false, false] },
    { zone: 'b', weight: 50, health: [true] },
  ];
  const calm = { ...WEIGHTED, healthyPanicThreshold: { value: 0 } };
  expect(choose(localities, calm)).toEqual({ '0.0': 2, '1.0': 8 });
});

test('ignores localities whose weights are missing', () => {
  expect(choose([{ zone: 'a', health: [true] }], WEIGHTED)).toEqual({ '0.0': 10 });
});

test('chooses nothing where nothing is healthy and panic is off', () => {
  expect(choose([{ health: [false] }], { healthyPanicThreshold: { value: 0 } })).toEqual({ none: 10 });
  expect(choose([{ health: [false] }])).toEqual({ '0.0': 10 });
});

test.each([
  [[[1, 1]], [1]],
  [[[0, 2]], [0]],
  [
    [
      [1, 2],
      [1, 1],
    ],
    [0.7, 0.3],
  ],
  [
    [
      [1, 4],
      [1, 4],
    ],
    [0.5, 0.5],
  ],
])('priorities with %j healthy of all get %j', (levels, expected) => {
  const health = levels.map(([healthy = 0, total = 0]) => ({ healthy, total }));
  expect(computePriorityLoads(health).loads.map((load) => Math.round(load * 100) / 100)).toEqual(expected);
});

const PLACES = [0, 1, 2].map((priority) => ({ priority, health: [true, true] }));
const tried = (...hosts: string[]) => hosts.map((host) => ({ host, port: 1 }));

test.each([
  [[], 0],
  [['0.0'], 0],
  [['0.0', '0.1'], 1],
  [['0.0', '0.1', '1.0'], 1],
  [['0.0', '0.1', '1.0', '1.1'], 2],
  [['0.0', '1.0', '2.0', '2.1'], 0],
])('leaves priorities alone after every two endpoints tried: %j', (names, priority) => {
  const hosts = createHosts(PLACES);
  const host = hosts.choose({ previousHosts: tried(...names), leavesPriorityAfter: 2 });
  expect(host?.endpoint.priority).toBe(priority);
});

test('stays with a priority where nothing says otherwise', () => {
  expect(createHosts(PLACES).choose({ previousHosts: tried('0.0', '0.1') })?.endpoint.priority).toBe(0);
});

/** How many of 1000 requests the endpoint gets that came last, so long after it did. */
function countNewest(ageMs: number, cluster: object): number {
  using clock = createVirtualClock();
  let now = 0;
  const time = { ...clock, now: () => now };
  const plan = compileCluster(fromProtoJson(ClusterSchema, { name: 'c', ...cluster }));
  const hosts = new HostSet(plan, { clock: time, random: createRandom('hosts') });
  const [old, young] = ['10.0.0.1', '10.0.0.2'].map((address) => createEndpoint(address));
  hosts.update([old].filter((endpoint) => endpoint !== undefined));
  now = 1_000_000;
  hosts.update([old, young].filter((endpoint) => endpoint !== undefined));
  now += ageMs;
  const chosen = Array.from({ length: 1000 }, () => hosts.choose()?.endpoint.address.host);
  return chosen.filter((host) => host === '10.0.0.2').length;
}

function createEndpoint(host: string): Endpoint {
  return {
    address: { host, port: 1 },
    hostname: '',
    weight: 1,
    locality: { name: '', weight: 0 },
    priority: 0,
    isHealthy: true,
    transportMatch: {},
  };
}

test('gives a new endpoint its share little by little where the cluster starts slowly', () => {
  const config = { slowStartConfig: { slowStartWindow: '100s' } };
  const cluster = { lbPolicy: 'ROUND_ROBIN', roundRobinLbConfig: config };
  // Shares of 10 to 100 parts of 100, beside an endpoint that has all of its own.
  expect(countNewest(1_000, cluster)).toBeCloseTo((1000 * 10) / 110, -1);
  expect(countNewest(50_000, cluster)).toBeCloseTo((1000 * 50) / 150, -1);
  expect(countNewest(100_000, cluster)).toBeCloseTo(500, -1);
  const least = { lbPolicy: 'LEAST_REQUEST', leastRequestLbConfig: config };
  expect(countNewest(50_000, least)).toBeLessThan(400);
});

test('starts faster with more aggression, and never below the least share', () => {
  const start = (more: object) => ({
    lbPolicy: 'ROUND_ROBIN',
    roundRobinLbConfig: { slowStartConfig: { slowStartWindow: '100s', ...more } },
  });
  const eager = start({ aggression: { defaultValue: 2, runtimeKey: 'none' } });
  expect(countNewest(25_000, eager)).toBeCloseTo((1000 * 50) / 150, -1);
  expect(countNewest(1_000, start({ minWeightPercent: { value: 50 } }))).toBeCloseTo((1000 * 50) / 150, -1);
});
