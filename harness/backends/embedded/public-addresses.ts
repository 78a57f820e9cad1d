import { createHash } from 'node:crypto';
import type { KubeObject } from '#control-plane/kube/kinds.ts';
import type { ObjectStore } from '#control-plane/kube/object-store.ts';
import { join } from '#core/expose-port.ts';
import type { MemoryNetwork } from '#core/memory-network.ts';
import type { Address } from '#core/address.ts';
import { ResourceStack } from '#core/resource-stack.ts';
import { NODE_ADDRESS } from './pod-addresses.ts';
import { INTERNET_ZONE } from './zones.ts';

export interface PublicAddressesOptions {
  readonly kubeCluster: string;
  readonly network: MemoryNetwork;
  readonly store: ObjectStore;
  /** The next free public address. */
  readonly nextAddress: () => string;
}

type Service = KubeObject<'Service'>;

interface PublicAddress {
  readonly ip: string;
  readonly stack: ResourceStack;
}

/**
 * Gives every Service of type LoadBalancer a public name and address, as a cloud's controller does: a balancer that
 * copies bytes from there to the Service, from the address of a node.
 */
export class PublicAddresses implements AsyncDisposable {
  readonly #options: PublicAddressesOptions;
  readonly #published = new Map<string, PublicAddress>();
  readonly #watch: Disposable;
  /** Listening and closing take a turn each; they happen one after another. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: PublicAddressesOptions) {
    this.#options = options;
    for (const service of options.store.list('Service')) this.#update(service);
    this.#watch = options.store.watch(({ type, object }) => {
      if (object.kind !== 'Service') return;
      if (type === 'deleted') this.#withdraw(object);
      else this.#update(object);
    });
  }

  /** The name under which a Service is reached from outside: `HOST_GW_CLUSTER2` of seed 002. */
  hostOf({ metadata }: Pick<Service, 'metadata'>): string {
    const key = `${this.#options.kubeCluster}/${metadata.namespace}/${metadata.name}`;
    return `a${createHash('sha256').update(key).digest('hex').slice(0, 31)}.us-east-1.elb.amazonaws.com`;
  }

  /** Resolves when what was applied so far is reachable. */
  async settle(): Promise<void> {
    await this.#work;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]();
    await this.#work;
    for (const { stack } of this.#published.values()) await stack[Symbol.asyncDispose]();
  }

  #update(service: Service): void {
    this.#enqueue(async () => {
      const ip = await this.#close(service);
      if (service.spec.type === 'LoadBalancer') await this.#open(service, ip ?? this.#options.nextAddress());
    });
  }

  #withdraw(service: Service): void {
    this.#enqueue(async () => void (await this.#close(service)));
  }

  #enqueue(action: () => Promise<void>): void {
    this.#work = this.#work.then(action);
  }

  async #open(service: Service, ip: string): Promise<void> {
    const { network } = this.#options;
    const { clusterIP, ports = [] } = service.spec;
    if (clusterIP === undefined) return;
    const stack = new ResourceStack();
    stack.use(network.addName('*', this.hostOf(service), [ip]));
    for (const { port, protocol = 'TCP' } of ports) {
      if (protocol !== 'TCP') continue;
      stack.use(await this.#forward({ host: ip, port }, { host: clusterIP, port }));
    }
    this.#published.set(keyOf(service), { ip, stack });
  }

  async #close(service: Service): Promise<string | undefined> {
    const published = this.#published.get(keyOf(service));
    this.#published.delete(keyOf(service));
    await published?.stack[Symbol.asyncDispose]();
    return published?.ip;
  }

  #forward(from: Address, to: Address) {
    const { network, kubeCluster } = this.#options;
    return network.listen(INTERNET_ZONE, from, (outside) => {
      network.connect(kubeCluster, to, { source: NODE_ADDRESS }).then(
        (inside) => join(outside, inside),
        () => outside.reset(),
      );
    });
  }
}

function keyOf({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}
