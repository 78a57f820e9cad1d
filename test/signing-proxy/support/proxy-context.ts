import { createRandom } from '#core/random.ts';
import { createTimeline } from '#core/timeline.ts';
import { createVirtualClock, type VirtualClock } from '#core/virtual-clock.ts';
import type { ProxyContext } from '#signing-proxy/context.ts';
import type { Credentials } from '#signing-proxy/credentials/types.ts';
import { envoy119 } from '#signing-proxy/dialects/envoy-1.19.ts';
import type { Dialect } from '#signing-proxy/dialects/types.ts';
import { NO_FILES } from '#signing-proxy/files.ts';
import { createProxyLog } from '#signing-proxy/log.ts';
import { ProxyStats } from '#signing-proxy/stats.ts';
import type { CompiledRouteTable } from '#signing-proxy/routing/types.ts';
import type { UpstreamCluster } from '#signing-proxy/upstreams/types.ts';

export interface TestContext extends ProxyContext, Disposable {
  readonly clock: VirtualClock;
  /** Clusters that `context.clusters` finds. */
  readonly upstreams: Map<string, UpstreamCluster>;
  /** Tables that `context.routes` finds. */
  readonly tables: Map<string, CompiledRouteTable>;
}

export interface TestContextOptions {
  readonly start?: number;
  readonly logLevels?: string;
  readonly credentials?: Credentials | undefined;
  /** What the environment names. */
  readonly region?: string;
  readonly dialect?: Dialect;
}

/** A proxy's context with a virtual clock, one seed and nothing configured. */
export function createTestContext(options: TestContextOptions = {}): TestContext {
  const clock = createVirtualClock(options.start === undefined ? {} : { start: options.start });
  const timeline = createTimeline(clock);
  const source = 'proxy "test"';
  const upstreams = new Map<string, UpstreamCluster>();
  const tables = new Map<string, CompiledRouteTable>();
  return {
    proxyName: 'test',
    source,
    localInfo: {
      nodeId: 'sidecar~10.42.0.5~test.default~default.svc.cluster.local',
      nodeCluster: 'test.default',
      address: '10.42.0.5',
      metadata: {},
    },
    clock,
    stats: new ProxyStats(),
    random: createRandom('test'),
    timeline,
    log: createProxyLog({ clock, timeline, source, levels: options.logLevels ?? 'warning' }),
    dialect: options.dialect ?? envoy119,
    credentials: {
      find: ({ inline, provider }) => ({
        getCredentials: () => provider?.inlineCredential ?? inline ?? options.credentials,
      }),
      findRegion: () => options.region,
    },
    files: NO_FILES,
    clusters: { find: (name) => upstreams.get(name) },
    routes: { find: (name) => tables.get(name), findVersion: () => '' },
    upstreams,
    tables,
    [Symbol.dispose]: () => clock[Symbol.dispose](),
  };
}

/** The texts of the log lines of one component, in order. */
export function logTexts(context: ProxyContext, component: string): string[] {
  const prefix = `\tenvoy ${component}\t`;
  return context.log
    .lines()
    .flatMap((line) => (line.includes(prefix) ? [line.slice(line.indexOf(prefix) + prefix.length)] : []));
}
