import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { compileCluster } from '#signing-proxy/upstreams/compile-cluster.ts';
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
