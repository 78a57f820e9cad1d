import type { ControlPlane } from '#control-plane/control-plane.ts';
import { isKind, type ObjectRef } from '#control-plane/kube/kinds.ts';
import type { ConnectionFault } from '#core/connection-fault.ts';
import { MeshrigError } from '#core/errors.ts';
import type { ResourceStack } from '#core/resource-stack.ts';
import { readSync } from '../../sync/read-sync.ts';
import type { KubeCluster, LogLine, ObjectReference, PodSelector } from '../backend.ts';
import type { Listing } from '../listing.ts';
import type { EmbeddedWorld } from './embedded-world.ts';
import { findService, findServiceAddress } from './find-service.ts';
import { createHttpCaller } from './http-caller.ts';
import { listProxyConfig, listProxyStatus } from './istioctl.ts';
import { NODE_ADDRESS } from './pod-addresses.ts';
import type { PodController } from './pod-controller.ts';
import type { RunningPod } from './pod.ts';
import { startPortForward } from './port-forward.ts';
import type { PublicAddresses } from './public-addresses.ts';
import { startFault } from './start-fault.ts';
import { startPushFault } from './start-push-fault.ts';

/** What a KubeCluster that has started consists of. */
export interface KubeClusterParts {
  readonly name: string;
  readonly istioVersion: string;
  readonly world: EmbeddedWorld;
  readonly controlPlane: ControlPlane;
  readonly pods: PodController;
  readonly publicAddresses: PublicAddresses;
  readonly stack: ResourceStack;
}

/** A KubeCluster in this process, as scenarios use it. */
export class EmbeddedKubeCluster implements KubeCluster, AsyncDisposable {
  readonly name: string;
  readonly #parts: KubeClusterParts;

  constructor(parts: KubeClusterParts) {
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
    const { world, stack, controlPlane } = this.#parts;
    const { network, clock, timeline, exposePorts } = world.run;
    const target = findServiceAddress(service, port, controlPlane.store);
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
    const { publicAddresses, controlPlane } = this.#parts;
    await publicAddresses.settle();
    const found = findService(service, controlPlane.store);
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
}

function checkReference({ kind, namespace, name }: ObjectReference): ObjectRef {
  if (!isKind(kind))
    throw new MeshrigError('INVALID_SCENARIO', `Failed to delete ${kind} "${name}": unknown kind "${kind}"`);
  return namespace === undefined ? { kind, name } : { kind, namespace, name };
}
