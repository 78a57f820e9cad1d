import type { ControlPlane } from '#control-plane/control-plane.ts';
import { trackComputation } from '#core/clock.ts';
import { createRandom, type Random } from '#core/random.ts';
import { ResourceStack } from '#core/resource-stack.ts';
import { getKubeClusterIssuer } from '../../kube-cluster-issuer.ts';
import type { KubeClusterDescription } from '../../topology.ts';
import type { KubeCluster } from '../backend.ts';
import { findCapturedName } from './captured-names.ts';
import type { EmbeddedWorld } from './embedded-world.ts';
import { createIstioInstallation } from './istio-installation.ts';
import { EmbeddedKubeCluster } from './kube-cluster.ts';
import { startLinkLocalEndpoints } from './link-local-endpoints.ts';
import { createMeshIdentity } from './mesh-identity.ts';
import { createPodAddresses } from './pod-addresses.ts';
import { PodController } from './pod-controller.ts';
import { PublicAddresses } from './public-addresses.ts';
import { startServiceNetwork } from './service-network.ts';
import { createServiceAccountTokens, type ServiceAccountTokens } from './tokens/service-account-tokens.ts';
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
  const stack = new ResourceStack();
  try {
    return await startInto(stack, description, world);
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

async function startInto(
  stack: ResourceStack,
  description: KubeClusterDescription,
  world: EmbeddedWorld,
): Promise<EmbeddedKubeCluster> {
  const { name, istioVersion = DEFAULT_ISTIO_VERSION } = description;
  const { clock, network, signal } = world.run;
  const random = world.run.random.fork(name);
  addZones(description, network);
  const controlPlane = stack.use(await startIstiod({ ...description, istioVersion }, world, random));
  const { store, pods: registry } = controlPlane;
  const kubeProxyRandom = random.fork('kube-proxy');
  stack.use(startServiceNetwork({ zone: name, network, random: kubeProxyRandom, store, pods: registry }));
  const { nextPublicAddress: nextAddress, acceptForCredentials: accept } = world;
  const publicAddresses = stack.use(new PublicAddresses({ kubeCluster: name, network, store, nextAddress }));
  const tokens = issueTokens(name, world, random);
  const endpoints = description.credentialEndpoints ?? [];
  stack.use(await startLinkLocalEndpoints({ network, kubeCluster: name, endpoints, accept }));
  await controlPlane.apply(createIstioInstallation(planGateway(description)));
  await controlPlane.apply(description.manifests ?? []);
  const pods = stack.use(await startPods({ ...description, istioVersion }, world, { controlPlane, tokens, random }));
  await pods.settle();
  await clock.sleep(SETTLE_MS, signal);
  return new EmbeddedKubeCluster({ name, istioVersion, world, controlPlane, pods, publicAddresses, stack });
}

function addZones({ name, vpc }: KubeClusterDescription, network: EmbeddedWorld['run']['network']): void {
  network.addZone(name, { reaches: [AWS_ZONE, INTERNET_ZONE, ...(vpc === true ? [VPC_ZONE] : [])] });
  network.addZone(MACHINE_ZONE, { reaches: [name] });
}

type Versioned = KubeClusterDescription & { readonly istioVersion: string };

async function startIstiod(
  { name, istioVersion, revision }: Versioned,
  { run: { clock, network, timeline } }: EmbeddedWorld,
  random: Random,
): Promise<ControlPlane> {
  const { startControlPlane } = await trackComputation(clock, () => import('#control-plane/control-plane.ts'));
  return await startControlPlane({
    kubeCluster: name,
    clock,
    random: random.fork('istiod'),
    network,
    zone: name,
    address: ISTIOD,
    timeline,
    istioVersion,
    ...(revision !== undefined && { revision }),
  });
}

/** The KubeCluster's service-account tokens, whose issuer IAM can be told to trust. */
function issueTokens(kubeCluster: string, world: EmbeddedWorld, random: Random): ServiceAccountTokens {
  const issuer = getKubeClusterIssuer(kubeCluster, world.region);
  const tokens = createServiceAccountTokens(issuer, world.issuers.length, random.fork('service-account-tokens'));
  world.issuers.push(tokens);
  return tokens;
}

interface PodNeeds {
  readonly controlPlane: ControlPlane;
  readonly tokens: ServiceAccountTokens;
  readonly random: Random;
}

async function startPods(
  { name, istioVersion, gateway, dialect, volumeSyncDelayMs = VOLUME_SYNC_DELAY_MS }: Versioned,
  { run: { seed, clock, timeline, network }, systemRoots, region }: EmbeddedWorld,
  { controlPlane: { store, pods }, tokens, random }: PodNeeds,
): Promise<PodController> {
  // Without the scenario's name: meshes of one name share their certificates, which then are made once.
  const identity = await createMeshIdentity(clock, createRandom(`${seed}/mesh/${name}`), systemRoots);
  const gatewayDialect = gateway === false ? undefined : gateway?.dialect;
  return new PodController({
    kubeCluster: name,
    clock,
    random,
    timeline,
    network,
    store,
    pods,
    identity,
    istiod: ISTIOD,
    istioVersion,
    tokens,
    volumeSyncDelayMs,
    region,
    findDialect: (type) => (type === 'router' ? gatewayDialect : undefined) ?? dialect ?? DEFAULT_DIALECT,
    nextAddress: createPodAddresses(),
    findCapturedName: (host, namespace) => findCapturedName(host, namespace, store),
  });
}

function planGateway({ gateway }: KubeClusterDescription): { readonly replicas: number } | undefined {
  return gateway === false ? undefined : { replicas: gateway?.replicas ?? 1 };
}
