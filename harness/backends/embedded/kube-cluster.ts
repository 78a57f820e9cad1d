import type { ControlPlane } from '#control-plane/control-plane.ts';
import { isKind, type KubeObject, type ObjectRef } from '#control-plane/kube/kinds.ts';
import { trackComputation } from '#core/clock.ts';
import { findNearest } from '#core/nearest.ts';
import { MeshrigError } from '#core/errors.ts';
import type { ConnectionFault } from '#core/connection-fault.ts';
import type { Address } from '#core/address.ts';
import { createRandom } from '#core/random.ts';
import { ResourceStack } from '#core/resource-stack.ts';
import { getKubeClusterIssuer } from '../../kube-cluster-issuer.ts';
import type { KubeClusterDescription } from '../../topology.ts';
import type { KubeCluster, LogLine, ObjectReference, PodSelector } from '../backend.ts';
import type { Listing } from '../listing.ts';
import { findCapturedName } from './captured-names.ts';
import type { EmbeddedWorld } from './embedded-world.ts';
import { createHttpCaller } from './http-caller.ts';
import { readSync } from '../../sync/read-sync.ts';
import { startFault } from './start-fault.ts';
import { startPushFault } from './start-push-fault.ts';
import { createIstioInstallation, ROOT_NAMESPACE } from './istio-installation.ts';
import { listProxyConfig, listProxyStatus } from './istioctl.ts';
import { startLinkLocalEndpoints } from './link-local-endpoints.ts';
import { createMeshIdentity } from './mesh-identity.ts';
import { PublicAddresses } from './public-addresses.ts';
import type { RunningPod } from './pod.ts';
import { createPodAddresses, NODE_ADDRESS } from './pod-addresses.ts';
import { PodController } from './pod-controller.ts';
import { startPortForward } from './port-forward.ts';
import { startServiceNetwork } from './service-network.ts';
import { createServiceAccountTokens } from './tokens/service-account-tokens.ts';
import { AWS_ZONE, INTERNET_ZONE, MACHINE_ZONE, VPC_ZONE } from './zones.ts';

const ISTIOD = { host: '10.43.0.10', port: 15010 };
const DEFAULT_ISTIO_VERSION = '1.11.0';
/** Istio N ships the Envoy of the same quarter (gateways.md 0.2). */
const DEFAULT_DIALECT = 'envoy-1.19';
/** Longer than istiod's debounce: what the last pod's start led to has been pushed by then. */
const SETTLE_MS = 1000;
/** The kubelet looks at its pods once a minute. */
const VOLUME_SYNC_DELAY_MS = 60_000;

/** Starts a KubeCluster with Istio, its manifests applied, its pods ready and their proxies in sync. */
export async function startKubeCluster(
  description: KubeClusterDescription,
  world: EmbeddedWorld,
): Promise<KubeCluster & AsyncDisposable> {
  const { clock, network, timeline } = world.run;
  const stack = new ResourceStack();
  try {
    network.addZone(description.name, {
      reaches: [AWS_ZONE, INTERNET_ZONE, ...(description.vpc === true ? [VPC_ZONE] : [])],
    });
    network.addZone(MACHINE_ZONE, { reaches: [description.name] });
    const random = world.run.random.fork(description.name);
    // Without the scenario's name: meshes of one name share their certificates, which then are made once.
    const certificateRandom = createRandom(`${world.run.seed}/mesh/${description.name}`);
    const istioVersion = description.istioVersion ?? DEFAULT_ISTIO_VERSION;
    const { startControlPlane } = await trackComputation(clock, () => import('#control-plane/control-plane.ts'));
    const controlPlane = stack.use(
      await startControlPlane({
        kubeCluster: description.name,
        clock,
        random: random.fork('istiod'),
        network,
        zone: description.name,
        address: ISTIOD,
        timeline,
        istioVersion,
        ...(description.revision !== undefined && { revision: description.revision }),
      }),
    );
    stack.use(
      startServiceNetwork({
        zone: description.name,
        network,
        random: random.fork('kube-proxy'),
        store: controlPlane.store,
        pods: controlPlane.pods,
      }),
    );
    const publicAddresses = stack.use(
      new PublicAddresses({
        kubeCluster: description.name,
        network,
        store: controlPlane.store,
        nextAddress: world.nextPublicAddress,
      }),
    );
    const tokens = createServiceAccountTokens(
      getKubeClusterIssuer(description.name, world.region),
      world.issuers.length,
      random.fork('service-account-tokens'),
    );
    world.issuers.push(tokens);
    stack.use(
      await startLinkLocalEndpoints({
        network,
        kubeCluster: description.name,
        endpoints: description.credentialEndpoints ?? [],
        accept: world.acceptForCredentials,
      }),
    );
    await controlPlane.apply(createIstioInstallation(planGateway(description)));
    await controlPlane.apply(description.manifests ?? []);
    const pods = stack.use(
      new PodController({
        kubeCluster: description.name,
        clock,
        random,
        timeline,
        network,
        store: controlPlane.store,
        pods: controlPlane.pods,
        identity: await createMeshIdentity(clock, certificateRandom, world.systemRoots),
        istiod: ISTIOD,
        istioVersion,
        tokens,
        volumeSyncDelayMs: description.volumeSyncDelayMs ?? VOLUME_SYNC_DELAY_MS,
        region: world.region,
        findDialect: (type) =>
          (type === 'router' && description.gateway ? description.gateway.dialect : undefined) ??
          description.dialect ??
          DEFAULT_DIALECT,
        nextAddress: createPodAddresses(),
        findCapturedName: (name, namespace) => findCapturedName(name, namespace, controlPlane.store),
      }),
    );
    await pods.settle();
    await clock.sleep(SETTLE_MS, world.run.signal);
    const { name } = description;
    return new EmbeddedKubeCluster({ name, istioVersion, world, controlPlane, pods, publicAddresses, stack });
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

function planGateway({ gateway }: KubeClusterDescription): { readonly replicas: number } | undefined {
  return gateway === false ? undefined : { replicas: gateway?.replicas ?? 1 };
}

interface Parts {
  readonly name: string;
  readonly istioVersion: string;
  readonly world: EmbeddedWorld;
  readonly controlPlane: ControlPlane;
  readonly pods: PodController;
  readonly publicAddresses: PublicAddresses;
  readonly stack: ResourceStack;
}

class EmbeddedKubeCluster implements KubeCluster, AsyncDisposable {
  readonly name: string;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.name = parts.name;
    this.#parts = parts;
  }

  async apply(...[manifest]: Parameters<KubeCluster['apply']>): Promise<void> {
    await this.#parts.controlPlane.apply([manifest]);
  }

  async delete(reference: ObjectReference): Promise<void> {
    this.#parts.controlPlane.delete(checkReference(reference));
  }

  async deletePod(selector: PodSelector): Promise<void> {
    this.#findPods(selector);
    await this.#parts.pods.deletePods(selector);
  }

  async portForward(hostPort: number, service: string, port: number): ReturnType<KubeCluster['portForward']> {
    const { world, stack } = this.#parts;
    const { network, clock, timeline, exposePorts } = world.run;
    const target = this.#findServiceAddress(service, port);
    return stack.use(
      await startPortForward({
        network,
        clock,
        timeline,
        nextCallId: world.nextCallId,
        hostPort,
        isExposed: exposePorts,
        service: `${service}:${port}`,
        zone: this.name,
        target,
        nodeAddress: NODE_ADDRESS,
      }),
    );
  }

  async fault(target: string, fault: ConnectionFault): Promise<Disposable> {
    return await startFault({ target, fault, kubeCluster: this.name, run: this.#parts.world.run });
  }

  async pushFault(...[target, fault]: Parameters<KubeCluster['pushFault']>): Promise<Disposable> {
    const { controlPlane, world } = this.#parts;
    const { pods, replica } = target;
    const found = pods === undefined ? undefined : this.#findPods(pods);
    const meant = replica === undefined ? found : found?.slice(replica, replica + 1);
    return startPushFault({ target, fault, pods: meant, controlPlane, kubeCluster: this.name, run: world.run });
  }

  async restartControlPlane(downMs: number): Promise<void> {
    await this.#parts.controlPlane.restart(downMs);
  }

  async sync(selector: PodSelector = { labels: {} }): ReturnType<KubeCluster['sync']> {
    const proxies = new Set(this.#findPods(selector).map(({ name, namespace }) => `${name}.${namespace}`));
    return readSync(this.#parts.world.run.timeline.events(), proxies);
  }

  exec(selector: PodSelector): ReturnType<KubeCluster['exec']> {
    const pod = this.#findPod(selector);
    const { world } = this.#parts;
    const { clock, timeline } = world.run;
    return createHttpCaller({
      network: pod.network,
      clock,
      timeline,
      zone: pod.zone,
      source: `pod "${pod.name}"`,
      nextCallId: world.nextCallId,
      address: pod.ip,
    });
  }

  async externalHost(service: string): Promise<string> {
    const { publicAddresses } = this.#parts;
    await publicAddresses.settle();
    const found = this.#findService(service);
    if (found.spec.type === 'LoadBalancer') return publicAddresses.hostOf(found);
    const type = found.spec.type ?? 'ClusterIP';
    throw new MeshrigError(
      'INVALID_SCENARIO',
      `Failed to find the public name of service "${service}": its type is ${type}, not LoadBalancer`,
    );
  }

  async proxyStatus(): ReturnType<KubeCluster['proxyStatus']> {
    const { controlPlane, istioVersion } = this.#parts;
    return this.#print('proxy-status', listProxyStatus(controlPlane.proxyStatus(), istioVersion));
  }

  async proxyConfig(
    ...[selector, kind]: Parameters<KubeCluster['proxyConfig']>
  ): ReturnType<KubeCluster['proxyConfig']> {
    const { istioVersion, world } = this.#parts;
    const proxy = this.#proxyOf(this.#findPod(selector));
    const listing = await listProxyConfig(proxy, kind, { istioVersion, now: world.run.clock.now() });
    return this.#print(`proxy-config ${kind} ${proxy.name}`, listing);
  }

  async *logs(selector: PodSelector): AsyncIterable<LogLine> {
    for (const pod of this.#findPods(selector)) yield* this.#proxyOf(pod).logs();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.stack[Symbol.asyncDispose]();
  }

  #print<Row>(command: string, listing: Listing<Row>): Listing<Row> {
    const { timeline } = this.#parts.world.run;
    timeline.emit({ type: 'listing', source: `istioctl "${this.name}"`, command, table: listing.table });
    return listing;
  }

  #findPods(selector: PodSelector): readonly RunningPod[] {
    const pods = this.#parts.pods.find(selector);
    if (pods.length > 0) return pods;
    const known = this.#parts.pods.find({ labels: {} }).map((pod) => `${pod.namespace}/${pod.name}`);
    throw new MeshrigError(
      'INVALID_SCENARIO',
      `Failed to find a pod with labels ${JSON.stringify(selector.labels)} in "${this.name}": running pods are ${known.join(', ')}`,
    );
  }

  #findPod(selector: PodSelector): RunningPod {
    const [pod] = this.#findPods(selector);
    if (pod === undefined) throw new MeshrigError('BUG', 'Failed to find a pod among those found');
    return pod;
  }

  #proxyOf(pod: RunningPod): NonNullable<RunningPod['proxy']> {
    if (pod.proxy !== undefined) return pod.proxy;
    throw new MeshrigError('INVALID_SCENARIO', `Failed to look into the proxy of pod "${pod.name}": it has none`);
  }

  #findService(service: string): KubeObject<'Service'> {
    const services = this.#parts.controlPlane.store.list('Service');
    const named = services.filter(
      ({ metadata }) => `${metadata.namespace}/${metadata.name}` === service || metadata.name === service,
    );
    const [found] = named;
    if (found === undefined || named.length > 1)
      throw refuseService(
        service,
        named.length,
        services.map(({ metadata }) => metadata.name),
      );
    return found;
  }

  #findServiceAddress(service: string, port: number): Address {
    const found = this.#findService(service);
    const ports = (found.spec.ports ?? []).map((known) => known.port);
    if (found.spec.clusterIP === undefined || !ports.includes(port)) {
      throw new MeshrigError(
        'INVALID_SCENARIO',
        `Failed to forward to service "${service}": it has no port ${port}, but ${ports.join(', ')}`,
      );
    }
    return { host: found.spec.clusterIP, port };
  }
}

function refuseService(service: string, count: number, known: readonly string[]): MeshrigError {
  if (count > 1) {
    return new MeshrigError('INVALID_SCENARIO', `Failed to find service "${service}": ${count} namespaces have one`, {
      hint: 'Write "namespace/name".',
    });
  }
  const nearest = findNearest(service, known);
  const hint = nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` };
  return new MeshrigError(
    'INVALID_SCENARIO',
    `Failed to find service "${service}": known are ${known.join(', ')} (and ${ROOT_NAMESPACE}'s istiod)`,
    hint,
  );
}

function checkReference({ kind, namespace, name }: ObjectReference): ObjectRef {
  if (!isKind(kind))
    throw new MeshrigError('INVALID_SCENARIO', `Failed to delete ${kind} "${name}": unknown kind "${kind}"`);
  return namespace === undefined ? { kind, name } : { kind, namespace, name };
}
