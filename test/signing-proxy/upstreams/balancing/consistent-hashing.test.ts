import { describe, expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { hashMurmur2 } from '#signing-proxy/upstreams/balancing/murmur-hash.ts';
import { hashXx64 } from '#signing-proxy/upstreams/balancing/xx-hash.ts';
import { compileCluster } from '#signing-proxy/upstreams/compile-cluster.ts';
import { HostSet } from '#signing-proxy/upstreams/host-set.ts';
import { ClusterSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';

interface Host {
  /** The last part of its address. */
  readonly number: number;
  readonly weight?: number;
  readonly zone?: string;
  readonly zoneWeight?: number;
  readonly isHealthy?: boolean;
}

const EVEN: readonly Host[] = [2, 3, 4, 5, 6].map((number) => ({ number }));
const UNEVEN: readonly Host[] = EVEN.map(({ number }) => ({ number, weight: number === 6 ? 3 : 1 }));

function createHosts(cluster: object, hosts: readonly Host[]) {
  const endpoints = hosts.map(({ number, weight = 1, zone = '', zoneWeight, isHealthy = true }) => ({
    locality: { zone },
    ...(zoneWeight !== undefined && { loadBalancingWeight: zoneWeight }),
    lbEndpoints: [
      {
        loadBalancingWeight: weight,
        healthStatus: isHealthy ? 'HEALTHY' : 'UNHEALTHY',
        endpoint: {
          hostname: `host-${7 - number}`,
          address: { socketAddress: { address: `127.0.0.${number}`, portValue: 18999 } },
        },
      },
    ],
  }));
  const json = { name: 'c', loadAssignment: { clusterName: 'c', endpoints }, ...cluster };
  const plan = compileCluster(fromProtoJson(ClusterSchema, json));
  using clock = createVirtualClock();
  const set = new HostSet(plan, { clock, random: createRandom('hosts') });
  set.update(plan.discovery.kind === 'fixed' ? plan.discovery.endpoints : []);
  return set;
}

const USERS = Array.from({ length: 60 }, (_, index) => `user-${index}`);

/** The last digit of the host of each user. */
function placeUsers(cluster: object, hosts: readonly Host[]): string {
  const set = createHosts(cluster, hosts);
  return USERS.map((user) => set.choose({ hash: hashXx64(user) })?.endpoint.address.host.at(-1)).join('');
}

const RING = { lbPolicy: 'RING_HASH' };
const MAGLEV = { lbPolicy: 'MAGLEV' };

describe('consistent hashing', () => {
  // Measured with Envoy 1.40.0: endpoints 127.0.0.2 to 127.0.0.6 on port 18999, the hash of a header with each user's name.
  test.each([
    [RING, EVEN, '332466445455345463366656663362323653554464424544526244465336'],
    [
      { ...RING, ringHashLbConfig: { minimumRingSize: 100 } },
      UNEVEN,
      '626565255624543556566656655466466535545634255464626246524626',
    ],
    [MAGLEV, EVEN, '523454544246244232544555652645325623335233456264255463226346'],
    [
      { ...MAGLEV, maglevLbConfig: { tableSize: 101 } },
      UNEVEN,
      '662236222436334336644623466556663666633352653253235666526266',
    ],
  ])('sends each user where Envoy does: %j', (cluster, hosts, expected) => {
    expect(placeUsers(cluster, hosts)).toBe(expected);
  });

  test.each([RING, MAGLEV])('does not depend on the order of endpoints: %j', (cluster) => {
    expect(placeUsers(cluster, EVEN.toReversed())).toBe(placeUsers(cluster, EVEN));
  });

  test.each([RING, MAGLEV])('moves few users but those of an endpoint that is lost: %j', (cluster) => {
    const before = placeUsers(cluster, EVEN);
    const after = placeUsers(
      cluster,
      EVEN.map((host) => ({ ...host, isHealthy: host.number !== 4 })),
    );
    const moved = USERS.filter((_, index) => before[index] !== '4' && before[index] !== after[index]);
    expect(after).not.toContain('4');
    expect(moved.length).toBeLessThan(8);
  });

  test('takes another endpoint when the first was tried before', () => {
    const set = createHosts(RING, EVEN);
    const hash = hashXx64('user-0');
    const first = set.choose({ hash })?.endpoint.address;
    const previousHosts = first === undefined ? [] : [first];
    const second = set.choose({ hash, previousHosts, maxHostPicks: 5 });
    expect(second?.endpoint.address).not.toEqual(first);
    expect(set.choose({ hash, previousHosts, maxHostPicks: 5 })).toBe(second);
    expect(set.choose({ hash, previousHosts })?.endpoint.address).toEqual(first);
  });

  test('goes by names where the cluster says so', () => {
    const byName = { ...RING, commonLbConfig: { consistentHashingLbConfig: { useHostnameForHashing: true } } };
    expect(placeUsers(byName, EVEN)).not.toBe(placeUsers(RING, EVEN));
  });

  test('counts the weights of localities where the cluster says so', () => {
    const zones = EVEN.map(({ number }) => ({ number, zone: String(number), zoneWeight: number === 6 ? 100 : 1 }));
    const places = placeUsers({ ...RING, commonLbConfig: { localityWeightedLbConfig: {} } }, zones);
    expect(places.replaceAll('6', '').length).toBeLessThan(10);
  });

  test('places hosts with MurmurHash where the ring is told to', () => {
    // What std::hash of libstdc++ gives for it.
    expect(hashMurmur2('foo')).toBe(9_631_199_822_919_835_226n);
    const murmur = placeUsers({ ...RING, ringHashLbConfig: { hashFunction: 'MURMUR_HASH_2' } }, EVEN);
    expect(murmur).not.toBe(placeUsers(RING, EVEN));
  });

  test.each([
    [RING, 'ring_hash.v3.RingHash', {}],
    [{ ...RING, ringHashLbConfig: { minimumRingSize: 10 } }, 'ring_hash.v3.RingHash', { minimum_ring_size: 10 }],
    [
      { ...RING, ringHashLbConfig: { hashFunction: 'MURMUR_HASH_2' } },
      'ring_hash.v3.RingHash',
      { hash_function: 'MURMUR_HASH_2' },
    ],
    [MAGLEV, 'maglev.v3.Maglev', {}],
    [{ ...MAGLEV, maglevLbConfig: { tableSize: 11 } }, 'maglev.v3.Maglev', { table_size: 11 }],
  ])('%j does as the typed %s %j', (older, type, config) => {
    const typedConfig = { '@type': `type.googleapis.com/envoy.extensions.load_balancing_policies.${type}`, ...config };
    const policies = [{ typedExtensionConfig: { name: 'typed', typedConfig } }];
    const typed = { lbPolicy: 'LOAD_BALANCING_POLICY_CONFIG', loadBalancingPolicy: { policies } };
    expect(placeUsers(typed, UNEVEN)).toBe(placeUsers(older, UNEVEN));
  });

  test('draws lots for requests that have nothing to hash', () => {
    const set = createHosts(RING, EVEN);
    const hosts = new Set(Array.from({ length: 50 }, () => set.choose()?.endpoint.address.host));
    expect(hosts.size).toBe(5);
  });

  test.each([
    [
      { ...RING, ringHashLbConfig: { minimumRingSize: 2000, maximumRingSize: 1000 } },
      'ring hash: minimum_ring_size (2000) > maximum_ring_size (1000)',
    ],
    [{ ...MAGLEV, maglevLbConfig: { tableSize: 100 } }, 'The table size of maglev must be prime number'],
    [
      { loadBalancingPolicy: { policies: [{ typedExtensionConfig: { name: 'x' } }] } },
      "Didn't find a registered load balancer factory implementation for cluster: 'c' with names from []",
    ],
  ])('refuses %j', (cluster, message) => {
    expect(() => createHosts(cluster, EVEN)).toThrow(message);
  });
});
