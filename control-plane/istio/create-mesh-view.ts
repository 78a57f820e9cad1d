import type { ObjectStore } from '../kube/object-store.ts';
import type { PodRegistry } from '../kube/pod-registry.ts';
import { resolveDelegates } from './delegates.ts';
import { indexDestinationRules } from './destination-rules.ts';
import { createMeshService } from './mesh-service.ts';
import { indexByHostname, type MeshSettings, type MeshView } from './mesh-view.ts';
import { createEntryServices } from './service-entries.ts';

/** The mesh as the store has it now. */
export function createMeshView(settings: MeshSettings, store: ObjectStore, pods: Pick<PodRegistry, 'list'>): MeshView {
  const ofKube = store.list('Service').map(createMeshService);
  const services = [...ofKube, ...createEntryServices(store.list('ServiceEntry'))].toSorted((a, b) =>
    a.hostname < b.hostname ? -1 : Number(a.hostname > b.hostname),
  );
  const virtualServices = resolveDelegates(store.list('VirtualService'));
  const secrets = new Map(store.list('Secret').map((secret) => [keyOf(secret.metadata), secret]));

  return {
    settings,
    services,
    workloadEntries: store.list('WorkloadEntry'),
    destinationRules: indexDestinationRules(store.list('DestinationRule')),
    pods: pods.list(),
    gateways: store.list('Gateway'),
    virtualServices,
    authorizationPolicies: store.list('AuthorizationPolicy'),
    peerAuthentications: store.list('PeerAuthentication'),
    sidecars: store.list('Sidecar'),
    telemetries: store.list('Telemetry'),
    egress: [{ listener: undefined, services, virtualServices }],
    envoyFilters: store.list('EnvoyFilter'),
    findService: indexByHostname(services),
    findSecret: (namespace, name) => secrets.get(keyOf({ namespace, name })),
  };
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
