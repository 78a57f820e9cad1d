import type { Clock } from '#core/clock.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import { createDiscoveryServer, type DiscoveryServer, type DiscoveryServerEvent } from '#xds/discovery-server.ts';
import type { Node } from '#xds/generated/messages.js';
import { getShortName, PUSH_ORDER, sortByPushOrder } from '#xds/resource-types.ts';
import { PatchReader } from '../istio/envoy-filter/select-patches.ts';
import { generateResources } from '../istio/generate-resources.ts';
import { readMeshSettings, type BaseSettings } from '../istio/installation/mesh-settings.ts';
import type { MeshView } from '../istio/mesh-view.ts';
import { createMeshView } from '../istio/create-mesh-view.ts';
import { parseProxy, type Proxy } from '../istio/proxy.ts';
import { findServiceIdentities } from '../istio/service-endpoints.ts';
import type { ObjectStore } from '../kube/object-store.ts';
import type { PodRegistry } from '../kube/pod-registry.ts';
import { typesAffectedBy, typesAffectedByPod } from './affected-types.ts';
import { createDebounce } from './debounce.ts';
import { concernsClient, type PushFaults, type PushFaultScope } from './push-faults.ts';

export interface PushServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly store: ObjectStore;
  readonly pods: PodRegistry;
  /** Where the mesh starts from; IstioOperators change it. */
  readonly settings: BaseSettings;
  /** What the timeline calls this control plane. */
  readonly source: string;
  readonly debounceMs: number;
  /** What goes wrong on the way to proxies. */
  readonly faults: PushFaults;
}

/** Serves resources over discovery, and pushes them when objects or pods change. */
export interface PushServer extends Disposable {
  readonly discovery: DiscoveryServer;
  /** Ends the open streams of the proxies that are meant. */
  endStreams(scope: PushFaultScope): void;
}

const MAX_DEBOUNCE_MS = 10_000;

/** A change that a push is due for. */
interface Trigger {
  readonly reason: string;
  readonly typeUrls: readonly string[];
}

/**
 * Between two pushes every answer comes from the same view of the mesh, that of the last push: what was changed since
 * waits for the debounce, for new connections too, as in istiod.
 */
export function startPushServer(options: PushServerOptions): PushServer {
  const { clock, timeline, store, pods, settings, source } = options;
  const warn = (component: string, text: string): void =>
    timeline.emit({ type: 'log', source, level: 'warn', component, text });
  const patchReader = new PatchReader((text) => warn('model', text));
  const versions = createVersions(clock);
  const findProxy = createProxyCache();
  const createView = (): MeshView =>
    createMeshView(readMeshSettings(settings, store.list('IstioOperator')), store, pods);
  let view = createView();
  const announce = (version: string, reason: string, typeUrls: Iterable<string>): void => {
    const resourceTypes = Array.from(typeUrls, getShortName);
    timeline.emit({ type: 'push-due', source, version, reason, resourceTypes });
  };
  const firstVersion = versions.next();
  announce(firstVersion, 'start', PUSH_ORDER);

  const discovery = createDiscoveryServer({
    random: options.random,
    version: firstVersion,
    delivery: options.faults,
    generate: ({ node, typeUrl, names }) =>
      generateResources({
        proxy: findProxy(node),
        view,
        patchReader,
        typeUrl,
        names,
        onMissingSecret: (text) => warn('ads', text),
      }),
    onEvent: (event) => reportEvent(event, timeline, source),
  });
  const debounce = createDebounce<Trigger>(
    { clock, quietMs: options.debounceMs, maxMs: MAX_DEBOUNCE_MS },
    (triggers) => {
      const before = view;
      view = createView();
      const extra = identitiesOf(before) === identitiesOf(view) ? [] : typesAffectedByPod(true);
      const version = versions.next();
      const reason = [...new Set(triggers.map((trigger) => trigger.reason))].join(', ');
      const only = new Set(sortByPushOrder(new Set([...triggers.flatMap(({ typeUrls }) => typeUrls), ...extra])));
      announce(version, reason, only);
      discovery.push({ version, reason, only });
    },
  );
  const storeWatch = store.watch(({ object }) => {
    const typeUrls = typesAffectedBy(object);
    const { namespace, name } = object.metadata;
    if (typeUrls.length > 0) debounce.add({ reason: `${object.kind} ${namespace}/${name}`, typeUrls });
  });
  const podWatch = pods.watch(({ before, after }) => {
    const pod = after ?? before;
    if (pod === undefined) return;
    debounce.add({ reason: `pod ${pod.namespace}/${pod.name}`, typeUrls: typesAffectedByPod(false) });
  });

  return {
    discovery,
    endStreams: (scope) => discovery.end((client) => concernsClient({ scope }, client)),
    [Symbol.dispose]() {
      storeWatch[Symbol.dispose]();
      podWatch[Symbol.dispose]();
      debounce[Symbol.dispose]();
      options.faults.forgetWaiting();
    },
  };
}

/** One version per push: when, and the how manyeth, as istiod writes it (`2022-08-01T21:52:11Z/12`). */
function createVersions(clock: Clock): { next(): string } {
  let count = 0;
  return {
    next() {
      count += 1;
      return `${new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')}/${count}`;
    },
  };
}

function createProxyCache(): (node: Node) => Proxy {
  const proxies = new WeakMap<Node, Proxy>();
  return (node) => {
    const proxy = proxies.get(node) ?? parseProxy(node);
    proxies.set(node, proxy);
    return proxy;
  };
}

/**
 * What a pod may change besides endpoints: who may answer for a Service, and which pods stand behind the proxies that
 * are connected.
 */
function identitiesOf(view: MeshView): string {
  const ofServices = view.services.map((service) => findServiceIdentities(service, view));
  const ofPods = view.pods.map(({ ip, namespace, labels, ports }) => ({ ip, namespace, labels, ports }));
  return JSON.stringify([ofServices, ofPods]);
}

function reportEvent(event: DiscoveryServerEvent, timeline: Timeline, source: string): void {
  if (event.type === 'connected' || event.type === 'disconnected' || event.type === 'expired') return;
  const { name: proxy } = parseProxy(event.node);
  const resourceType = getShortName(event.typeUrl);
  const fact = { source, proxy, resourceType, version: event.version, nonce: event.nonce };
  if (event.type === 'pushed') timeline.emit({ type: 'push', ...fact, resources: event.names });
  else if (event.type === 'acked') timeline.emit({ type: 'ack', ...fact });
  else {
    timeline.emit({ type: 'nack', ...fact, error: event.error });
    // The words are istiod's (istio pilot/pkg/xds/ads.go, shouldRespond).
    const text = `ADS:${resourceType}: ACK ERROR ${proxy}-${event.connection} Internal:${event.error}`;
    timeline.emit({ type: 'log', source, level: 'warn', component: 'ads', text });
  }
}
