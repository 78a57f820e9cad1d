import {
  createMeshService,
  resolveTargetPort,
  selectsPod,
  type MeshPort,
  type MeshService,
} from '#control-plane/istio/mesh-service.ts';
import type { ObjectStore } from '#control-plane/kube/object-store.ts';
import type { PodRegistry } from '#control-plane/kube/pod-registry.ts';
import type { MemoryNetwork } from '#core/memory-network.ts';
import type { Address } from '#core/address.ts';
import type { Random } from '#core/random.ts';

export interface ServiceNetworkOptions {
  readonly zone: string;
  readonly network: MemoryNetwork;
  readonly random: Random;
  readonly store: ObjectStore;
  readonly pods: PodRegistry;
}

/** Gives every Service its DNS names and its virtual address, as CoreDNS and kube-proxy do. */
export function startServiceNetwork(options: ServiceNetworkOptions): Disposable {
  const services = new Map<string, Disposable>();
  const update = (service: MeshService): void => {
    services.get(service.hostname)?.[Symbol.dispose]();
    services.set(service.hostname, publish(service, options));
  };
  for (const service of options.store.list('Service')) update(createMeshService(service));
  const watch = options.store.watch(({ type, object }) => {
    if (object.kind !== 'Service') return;
    const service = createMeshService(object);
    if (type !== 'deleted') update(service);
    else services.get(service.hostname)?.[Symbol.dispose]();
  });
  return {
    [Symbol.dispose]() {
      watch[Symbol.dispose]();
      for (const published of services.values()) published[Symbol.dispose]();
    },
  };
}

function publish(service: MeshService, options: ServiceNetworkOptions): Disposable {
  const { network, zone } = options;
  const address = service.address;
  if (address === undefined) return { [Symbol.dispose]: () => {} };
  const published = [
    ...namesOf(service).map((name) => network.addName(zone, name, [address])),
    ...service.ports.map((port) =>
      network.translate(zone, { host: address, port: port.number }, () => pickEndpoint(service, port, options)),
    ),
  ];
  return {
    [Symbol.dispose]() {
      for (const part of published) part[Symbol.dispose]();
    },
  };
}

/** From the search path of a pod: in its own namespace a bare name is enough, which zones cannot tell apart, so it is left out. */
function namesOf({ name, namespace, hostname }: MeshService): string[] {
  return [hostname, `${name}.${namespace}.svc`, `${name}.${namespace}`];
}

/** kube-proxy picks a ready endpoint by chance, per connection. */
function pickEndpoint(
  service: MeshService,
  port: MeshPort,
  { pods, random }: ServiceNetworkOptions,
): Address | undefined {
  const endpoints = pods
    .list()
    .filter((pod) => pod.isReady && selectsPod(service, pod))
    .flatMap((pod) => {
      const targetPort = resolveTargetPort(port, pod.ports);
      return targetPort === undefined ? [] : [{ host: pod.ip, port: targetPort }];
    });
  return endpoints.length === 0 ? undefined : random.pick(endpoints);
}
