import { create } from '@bufbuild/protobuf';
import { MemoryNetwork } from '#core/memory-network.ts';
import { createRandom } from '#core/random.ts';
import {
  createTimeline,
  eventsOfType,
  type Timeline,
  type TimelineEventOf,
  type TimelineFact,
} from '#core/timeline.ts';
import { createVirtualClock, type VirtualClock } from '#core/virtual-clock.ts';
import { startProxy, type Proxy, type ProxyOptions } from '#signing-proxy/proxy.ts';
import { createLocalSecrets } from '#signing-proxy/secrets/local-secrets.ts';
import { NodeSchema } from '#xds/generated/messages.js';
import { startAdsServer, type AdsServer, type Configuration } from './ads-server.ts';

export const POD_IP = '10.42.0.5';
export const POD_ZONE = 'east/pod';

export interface ProxyWorld extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly timeline: Timeline;
  readonly ads: AdsServer;
  /** Starts the proxy and does not wait for it. */
  start(options?: Partial<ProxyOptions>): Promise<Proxy>;
  eventsOf<Type extends TimelineFact['type']>(type: Type): TimelineEventOf<Type>[];
}

/** One cluster, one control plane, one pod; everything in memory and virtual time. */
export async function createProxyWorld(configuration: Configuration = {}): Promise<ProxyWorld> {
  const clock = createVirtualClock();
  const random = createRandom('proxy world');
  const network = new MemoryNetwork({ clock });
  network.addZone('east');
  network.addZone(POD_ZONE, { reaches: ['east'] });
  network.addHost('east', POD_IP);
  network.addHost(POD_ZONE, '127.0.0.1');
  const timeline = createTimeline(clock);
  const ads = await startAdsServer(network, random.fork('ads'));
  ads.configure(configuration);
  const proxies: Proxy[] = [];

  return {
    clock,
    network,
    timeline,
    ads,
    async start(options = {}) {
      const proxy = await startProxy({
        name: 'httpbin',
        node: create(NodeSchema, {
          id: `sidecar~${POD_IP}~httpbin.default~default.svc.cluster.local`,
          cluster: 'httpbin.default',
        }),
        dialect: 'envoy-1.19',
        clock,
        random: random.fork('proxy'),
        network,
        zone: 'east',
        podZone: POD_ZONE,
        address: POD_IP,
        controlPlane: ads.address,
        environment: {},
        secrets: createLocalSecrets(),
        timeline,
        ...options,
      });
      proxies.push(proxy);
      return proxy;
    },
    eventsOf: (type) => eventsOfType(timeline.events(), type),
    async [Symbol.asyncDispose]() {
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
      await ads[Symbol.asyncDispose]();
      clock[Symbol.dispose]();
    },
  };
}
