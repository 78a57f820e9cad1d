import { resolveEnvironment, type PodFacts } from '#control-plane/kube/environment.ts';
import type { Injection } from '#control-plane/istio/installation/injection.ts';
import type { KubeObject } from '#control-plane/kube/kinds.ts';
import type { ObjectStore } from '#control-plane/kube/object-store.ts';
import type { Pod, PodRegistry } from '#control-plane/kube/pod-registry.ts';
import type { Container } from '#control-plane/kube/schemas/pod-template.ts';
import { trackComputation, type Clock } from '#core/clock.ts';
import { MeshrigError } from '#core/errors.ts';
import { createHttp1Server } from '#core/http.ts';
import type { MemoryNetwork } from '#core/memory-network.ts';
import type { Address } from '#core/address.ts';
import type { Random } from '#core/random.ts';
import { ResourceStack } from '#core/resource-stack.ts';
import type { Timeline } from '#core/timeline.ts';
import type { Proxy } from '#signing-proxy/proxy.ts';
import { startIstioAgent } from './istio-agent.ts';
import { ADMIN, createIstioBootstrap } from './istio-bootstrap.ts';
import type { MeshIdentity } from './mesh-identity.ts';
import { createPodNetwork, type PodNetwork } from './pod-network.ts';
import { createProxyNode } from './proxy-node.ts';
import type { ServiceAccountTokens } from './tokens/service-account-tokens.ts';
import { addApiAccess } from './volumes/api-access.ts';
import { mountVolumes, type PodFiles } from './volumes/pod-files.ts';
import type { PodParts } from './volumes/pod-parts.ts';
import { addWebIdentity } from './volumes/web-identity-webhook.ts';
import { findWorkload, KNOWN_IMAGES } from './workloads/workload.ts';
import { podZone } from './zones.ts';

/** What a pod runs on: its node, the cluster's control plane and network. */
export interface PodHost {
  readonly kubeCluster: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly network: MemoryNetwork;
  readonly store: ObjectStore;
  readonly pods: PodRegistry;
  readonly identity: MeshIdentity;
  readonly istiod: Address;
  readonly istioVersion: string;
  readonly tokens: ServiceAccountTokens;
  /** From a change of a Secret or ConfigMap until the kubelet has put it into the volumes of pods. */
  readonly volumeSyncDelayMs: number;
  /** The AWS region that the nodes are in. */
  readonly region: string;
  /** The dialect of a proxy. */
  findDialect(proxyType: Injection['proxyType']): string;
  nextAddress(): string;
  /** What the proxies of a namespace answer for a name when they capture DNS. */
  findCapturedName(name: string, namespace: string): string | undefined;
}

export interface PodPlan {
  readonly name: string;
  readonly deployment: KubeObject<'Deployment'>;
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined for a pod without a proxy. */
  readonly injection: Injection | undefined;
}

/** A running pod. Disposing it stops its processes at once. */
export interface RunningPod extends AsyncDisposable {
  /** Takes the pod out of its Services, lets it finish what it has, then stops it, as a deleted pod ends. */
  terminate(): Promise<void>;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The pod's own loopback. */
  readonly zone: string;
  readonly ip: string;
  /** The network as the pod's processes see it. */
  readonly network: PodNetwork;
  readonly proxy: Proxy | undefined;
}

const LOOPBACK = '127.0.0.1';
/** Istio's `terminationDrainDuration`: a proxy goes on serving while others learn that its pod is going. */
const TERMINATION_DRAIN_MS = 5_000;

/**
 * Starts a pod: its workloads, then its proxy. Resolves when it is ready and reported to the control plane.
 *
 * The environment of its containers is worked out here, once: a Secret that changes later reaches only later pods.
 *
 * @throws MeshrigError `ENVIRONMENT` when a Secret or an image is missing
 */
export async function startPod(plan: PodPlan, host: PodHost): Promise<RunningPod> {
  const ip = host.nextAddress();
  const facts = createFacts(plan, ip);
  const source = `pod "${plan.name}"`;
  const parts = plan.injection && admit(plan, facts, host);
  const environment = parts && resolveEnvironment(parts.container, facts, host.store);
  host.timeline.emit({ type: 'pod', source, pod: plan.name, phase: 'starting', ip });
  const stack = new ResourceStack();
  try {
    const zone = podZone(host.kubeCluster, plan.name);
    host.network.addZone(zone, { reaches: [host.kubeCluster] });
    stack.use(host.network.addHost(host.kubeCluster, ip));
    await startWorkloads(plan, { host, stack, zone, ip });
    const reported = stack.use(report(plan, facts, host));
    const files = parts && stack.use(mount(parts, facts, host));
    const proxy =
      environment && files && stack.use(await startSidecar(plan, facts, { host, environment, files, zone }));
    if (proxy !== undefined) {
      await proxy.ready;
      stack.use(await startIstioAgent(host.network, zone));
    }
    const network = stack.use(createNetwork(plan, facts, { host, zone }));
    reported.update({ isReady: true });
    host.timeline.emit({ type: 'pod', source, pod: plan.name, phase: 'ready', ip });
    const stop = async () => {
      await stack[Symbol.asyncDispose]();
      host.timeline.emit({ type: 'pod', source, pod: plan.name, phase: 'stopped', ip });
    };
    return {
      ...facts,
      zone,
      network,
      proxy,
      async terminate() {
        reported[Symbol.dispose]();
        await host.clock.sleep(TERMINATION_DRAIN_MS);
        await stop();
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

function createFacts({ name, deployment, labels }: PodPlan, ip: string): PodFacts {
  const { metadata, spec } = deployment.spec.template;
  return {
    name,
    namespace: deployment.metadata.namespace,
    ip,
    serviceAccount: spec.serviceAccountName ?? spec.serviceAccount ?? 'default',
    labels,
    annotations: metadata?.annotations ?? {},
  };
}

/** What the API server's admission adds to the proxy's container. */
function admit({ injection, deployment }: PodPlan, facts: PodFacts, host: PodHost): PodParts | undefined {
  if (injection === undefined) return undefined;
  const account = host.store.get('ServiceAccount', facts.serviceAccount, facts.namespace);
  const serviceAccount = account?.metadata.annotations ?? {};
  const { automountServiceAccountToken: isMounted = account?.automountServiceAccountToken !== false } =
    deployment.spec.template.spec;
  const parts = isMounted ? addApiAccess(injection) : injection;
  return addWebIdentity(parts, { serviceAccount, pod: facts.annotations, region: host.region });
}

function mount({ container, volumes }: PodParts, facts: PodFacts, host: PodHost): PodFiles {
  const { clock, timeline, store, tokens, volumeSyncDelayMs } = host;
  return mountVolumes(container, volumes, {
    pod: facts,
    clock,
    timeline,
    store,
    issueToken: (request) => tokens.issue({ ...request, pod: facts }),
    syncDelayMs: volumeSyncDelayMs,
  });
}

function createNetwork(
  { injection }: PodPlan,
  { namespace, ip }: PodFacts,
  { host, zone }: { readonly host: PodHost; readonly zone: string },
): PodNetwork {
  const isCaptured = injection?.proxyType === 'sidecar';
  return createPodNetwork({
    network: host.network,
    kubeCluster: host.kubeCluster,
    namespace,
    zone,
    ip,
    isCaptured,
    findCapturedName: (name) => (isCaptured ? host.findCapturedName(name, namespace) : undefined),
  });
}

interface WorkloadPlace {
  readonly host: PodHost;
  readonly stack: ResourceStack;
  readonly zone: string;
  readonly ip: string;
}

async function startWorkloads(plan: PodPlan, place: WorkloadPlace): Promise<void> {
  const containers = plan.injection?.workloads ?? plan.deployment.spec.template.spec.containers;
  for (const container of containers) await startWorkload(container, plan, place);
}

/** Behind a proxy a workload is reached by the pod's loopback only; without one it answers on the pod's address. */
async function startWorkload(
  container: Container,
  plan: PodPlan,
  { host, stack, zone, ip }: WorkloadPlace,
): Promise<void> {
  const workload = findWorkload(container.image ?? '');
  if (workload === undefined) throw refuseImage(container, plan);
  if (workload.onRequest === undefined) return;
  const server = createHttp1Server(workload.onRequest);
  stack.defer(() => server.closeAllConnections());
  for (const { containerPort } of container.ports ?? []) {
    const address =
      plan.injection === undefined ? { host: ip, port: containerPort } : { host: LOOPBACK, port: containerPort };
    const listenZone = plan.injection === undefined ? host.kubeCluster : zone;
    stack.use(await host.network.listen(listenZone, address, (connection) => server.emit('connection', connection)));
  }
}

function refuseImage(container: Container, plan: PodPlan): MeshrigError {
  return new MeshrigError(
    'ENVIRONMENT',
    `Failed to start container "${container.name}" of pod "${plan.name}": the embedded backend has no program for image "${container.image ?? ''}"`,
    { hint: `It has programs for ${KNOWN_IMAGES.join(', ')}.` },
  );
}

interface SidecarPlace {
  readonly host: PodHost;
  readonly environment: Readonly<Record<string, string>>;
  readonly files: PodFiles;
  readonly zone: string;
}

async function startSidecar(
  plan: PodPlan,
  facts: PodFacts,
  { host, environment, files, zone }: SidecarPlace,
): Promise<Proxy> {
  const { injection } = plan;
  if (injection === undefined)
    throw new MeshrigError('BUG', `Failed to start the proxy of pod "${plan.name}": it has none`);
  const { startProxy } = await trackComputation(host.clock, () => import('#signing-proxy/proxy.ts'));
  return await startProxy({
    name: plan.name,
    node: createProxyNode(injection, facts, host.istioVersion),
    dialect: host.findDialect(injection.proxyType),
    clock: host.clock,
    random: host.random.fork(plan.name),
    network: host.network,
    zone: host.kubeCluster,
    podZone: zone,
    address: facts.ip,
    controlPlane: host.istiod,
    staticResources: createIstioBootstrap(),
    admin: ADMIN,
    environment,
    runtimeFlags: injection.runtimeFlags,
    files,
    secrets: await host.identity.createSecrets(facts),
    timeline: host.timeline,
    logLevel: injection.logLevel,
  });
}

/** Tells the control plane of a pod, until disposed. It gets traffic once it is ready. */
function report(
  plan: PodPlan,
  facts: PodFacts,
  host: PodHost,
): Disposable & { update(news: Pick<Pod, 'isReady'>): void } {
  const containers = plan.deployment.spec.template.spec.containers;
  const pod: Pod = {
    name: facts.name,
    namespace: facts.namespace,
    ip: facts.ip,
    labels: facts.labels,
    serviceAccount: facts.serviceAccount,
    isReady: false,
    hasSidecar: plan.injection?.proxyType === 'sidecar',
    ports: containers.flatMap(({ ports = [] }) => ports),
  };
  host.pods.report(pod);
  return {
    update: (news) => host.pods.report({ ...pod, ...news }),
    [Symbol.dispose]: () => host.pods.remove(facts.namespace, facts.name),
  };
}
