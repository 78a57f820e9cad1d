import { createRandom } from '#core/random.ts';
import { MemoryNetwork } from '#core/memory-network.ts';
import { createTimeline, type Timeline } from '#core/timeline.ts';
import { createVirtualClock, type VirtualClock } from '#core/virtual-clock.ts';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { envoy119 } from '#signing-proxy/dialects/envoy-1.19.ts';
import type { Dialect } from '#signing-proxy/dialects/types.ts';
import { NO_FILES, type ProxyFiles } from '#signing-proxy/files.ts';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import type { Accepted } from '#signing-proxy/resources/accepted.ts';
import { NamedResources } from '#signing-proxy/resources/named-resources.ts';
import { createLocalSecrets, type LocalSecrets } from '#signing-proxy/secrets/local-secrets.ts';
import { createSecretSources } from '#signing-proxy/secrets/secret-sources.ts';
import type { CompiledSecret } from '#signing-proxy/secrets/types.ts';
import { ProxyStats } from '#signing-proxy/stats.ts';
import { compileCluster } from '#signing-proxy/upstreams/compile-cluster.ts';
import type { Endpoint } from '#signing-proxy/upstreams/endpoint.ts';
import { createRunningCluster, type RunningCluster } from '#signing-proxy/upstreams/running-cluster.ts';
import type { UpstreamAttempt, UpstreamCluster, UpstreamResponse } from '#signing-proxy/upstreams/types.ts';
import { ClusterSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';

export interface UpstreamWorld extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly timeline: Timeline;
  readonly endpoints: NamedResources<Accepted<readonly Endpoint[]>>;
  /** Starts a cluster from its protobuf JSON. */
  start(json: object): RunningCluster;
}

/** Clusters without a proxy around them. */
export function createUpstreamWorld(
  local: LocalSecrets = createLocalSecrets(),
  { dialect = envoy119, files = NO_FILES }: { readonly dialect?: Dialect; readonly files?: ProxyFiles } = {},
): UpstreamWorld {
  const clock = createVirtualClock();
  const random = createRandom('upstreams');
  const network = new MemoryNetwork({ clock });
  for (const zone of ['east', 'east/pod', 'far']) network.addZone(zone);
  const timeline = createTimeline(clock);
  const endpoints = new NamedResources<Accepted<readonly Endpoint[]>>({ clock, onNamesChanged() {} });
  const discovered = new NamedResources<Accepted<CompiledSecret>>({ clock, onNamesChanged() {} });
  const secrets = createSecretSources({ local, discovered, files, log: { warning() {} } });
  const place = { zone: 'east', podZone: 'east/pod', address: '10.42.0.5' };
  const stats = new ProxyStats();
  const clusters: RunningCluster[] = [];
  return {
    clock,
    network,
    timeline,
    endpoints,
    start(json) {
      const environment = {
        network,
        clock,
        random,
        timeline,
        source: 'proxy "test"',
        place,
        endpoints,
        secrets,
        stats,
      };
      const plan = compileCluster(fromProtoJson(ClusterSchema, json));
      const cluster = createRunningCluster(plan, { ...environment, words: dialect.failures });
      clusters.push(cluster);
      return cluster;
    },
    async [Symbol.asyncDispose]() {
      for (const cluster of clusters) await cluster[Symbol.asyncDispose]();
      clock[Symbol.dispose]();
    },
  };
}

export interface SendOptions extends Partial<Omit<UpstreamAttempt, 'headers'>> {
  readonly method?: string;
  readonly authority?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** Sends a request and leaves the answer's body unread. */
export async function send(
  cluster: UpstreamCluster,
  options: SendOptions = {},
): Promise<UpstreamResponse & { readonly body: Readable }> {
  const { method = 'GET', authority = 'app.example', headers = [], ...attempt } = options;
  const head = [
    [':method', method],
    [':path', '/'],
    [':scheme', 'http'],
    [':authority', authority],
    ...headers,
  ] as const;
  const response = await cluster.send({
    body: undefined,
    signal: new AbortController().signal,
    ...attempt,
    headers: HeaderMap.from(head),
  });
  return { ...response, body: Buffer.isBuffer(response.body) ? Readable.from(response.body) : response.body };
}

/** Sends a request and reads the whole answer. */
export async function fetchText(cluster: UpstreamCluster, options: SendOptions = {}): Promise<string> {
  const { body } = await send(cluster, options);
  return await text(body);
}
