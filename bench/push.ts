import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createRandom } from '#core/random.ts';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import { compileRouteTable } from '#signing-proxy/routing/compile-route-table.ts';
import type { CompiledRouteTable } from '#signing-proxy/routing/types.ts';
import { RouteConfigurationSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';
import { createTestContext } from '../test/signing-proxy/support/proxy-context.ts';
import { createProxyWorld, type ProxyWorld } from '../test/signing-proxy/support/proxy-world.ts';
import { ads, httpManager, listener, staticCluster } from '../test/signing-proxy/support/resources.ts';

const SIZES = [10, 1_000, 10_000] as const;
const ROUNDS = 9;
const MATCHES = 50_000;

/** Prints how the time of a push, the memory and the time of a match grow with the routes of a table. */
export async function benchPush(print: (line: string) => void = console.log): Promise<void> {
  const pushes = await measurePushes();
  for (const [size, ms] of pushes) {
    print(`${describe('push until serving', size)} ${ms.toFixed(1)} ms   ${compare(ms, pushes.get(SIZES[0]))}`);
  }
  print(`${describe('memory', 10_000)} ${measureMemory(10_000).toFixed(1)} MB`);
  const matches = new Map(SIZES.map((size) => [size, measureMatch(size)]));
  for (const [size, ns] of matches) {
    print(`${describe('match of the last route', size)} ${ns.toFixed(0)} ns   ${compare(ns, matches.get(SIZES[0]))}`);
  }
}

function describe(what: string, size: number): string {
  return `${what}, ${size.toLocaleString('en')} routes`.padEnd(44);
}

function compare(value: number, base = value): string {
  return `${(value / base).toFixed(2)}x of ${SIZES[0]} routes`;
}

/** Median milliseconds from the push, encoded beforehand, until the table serves; sizes take turns. */
async function measurePushes(): Promise<Map<number, number>> {
  const filters = [httpManager({ rds: { routeConfigName: 'routes', configSource: ads() } })];
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', '10.0.0.9', 80)],
    listeners: [listener('in', 8080, { filterChains: [{ filters }] })],
    routes: [createTable(1, 'first')],
  });
  const proxy = await world.start();
  await proxy.ready;
  const samples = new Map<number, number[]>(SIZES.map((size) => [size, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const size of SIZES) samples.get(size)?.push(await push(world, createTable(size, `round-${round}`)));
  }
  return new Map(Array.from(samples, ([size, values]) => [size, median(values)]));
}

async function push(world: ProxyWorld, table: object): Promise<number> {
  const send = world.ads.prepare({ routes: [table] });
  const served = new Promise<void>((resolve) => {
    const subscription = world.timeline.subscribe((event) => {
      if (event.type !== 'serving' || event.resourceType !== 'RDS') return;
      subscription[Symbol.dispose]();
      resolve();
    });
  });
  const startedAt = performance.now();
  send();
  await served;
  return performance.now() - startedAt;
}

/** Megabytes of heap that a compiled table keeps. */
function measureMemory(size: number): number {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  compile(1);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const table = compile(size);
  collectGarbage();
  const after = process.memoryUsage().heapUsed;
  if (table.name === '') throw new Error('the table must outlive the measurement');
  return (after - before) / 1_000_000;
}

/** Nanoseconds to find the last route of a table. */
function measureMatch(size: number): number {
  const table = compile(size);
  const random = createRandom('match');
  const headers = HeaderMap.from([
    [':method', 'GET'],
    [':authority', 'example.com'],
    [':path', `/route-${size - 1}/more`],
  ]);
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startedAt = performance.now();
    for (let index = 0; index < MATCHES; index++) {
      if (table.match(headers, random) === undefined) throw new Error('the last route must match');
    }
    return ((performance.now() - startedAt) * 1_000_000) / MATCHES;
  });
  return median(rounds);
}

function compile(size: number): CompiledRouteTable {
  return compileRouteTable(fromProtoJson(RouteConfigurationSchema, createTable(size, 'bench')), createTestContext());
}

/** A table of distinct path prefixes, each with what a VirtualService's route usually carries. */
function createTable(size: number, mark: string): object {
  const routes = Array.from({ length: size }, (_, index) => ({
    name: `${mark}-${index}`,
    match: { prefix: `/route-${index}/`, headers: [{ name: ':method', stringMatch: { exact: 'GET' } }] },
    route: { cluster: 'app', timeout: '0s', retryPolicy: { retryOn: 'connect-failure,refused-stream', numRetries: 2 } },
    requestHeadersToAdd: [{ header: { key: 'x-route', value: String(index) } }],
  }));
  return { name: 'routes', virtualHosts: [{ name: 'all', domains: ['*'], routes }] };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await benchPush();
