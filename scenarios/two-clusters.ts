import { credentialSecret, selfSigned, type CertificateOptions, type Identity } from '#harness/certificates.ts';
import type { KubeCluster } from '#harness/backends/backend.ts';
import { lambdaFunction, manifest, namespace } from '#harness/fixtures.ts';
import type { ScenarioTools, TopologyWords } from '#harness/scenario.ts';
import type { KubeClusterOptions, ManifestSource } from '#harness/topology.ts';

/** Where the seed calls from. */
export const SLEEP = { namespace: 'sleep', labels: { app: 'sleep' } };

const ALB = 'alb.jesus2.solo.io';
const ISTIO = { istioVersion: '1.17.2', revision: '1-17', dialect: 'envoy-1.25', gateway: false } as const;

interface TwoClustersOptions {
  /** What GKE has unlike the seed. Its manifests come on top of the seed's. */
  readonly gke?: Pick<KubeClusterOptions, 'istioVersion' | 'dialect' | 'manifests'>;
}

/** Seed 002 up to its section 4: a load balancer in the VPC of one cluster, and two meshes that trust nothing of each other. */
export function twoClusters({ aws, kubeCluster }: TopologyWords, { gke = {} }: TwoClustersOptions = {}) {
  const eksFiles = ['istiod', 'istiod-service', 'gateway', 'load-balancer', 'lambda'];
  const gkeFiles = ['istiod', 'istiod-service', 'gateway', 'sleep'];
  return {
    aws: aws({
      functions: { 'hello-world': lambdaFunction('hello-world-html') },
      loadBalancers: { [ALB]: { function: 'hello-world', addresses: ['10.0.1.186', '10.0.2.117', '10.0.3.223'] } },
    }),
    eks: kubeCluster('eks', {
      ...ISTIO,
      vpc: true,
      manifests: [namespace('istio-ingress'), ...eksFiles.map((file) => manifest(`seed-002/eks/${file}.yaml`))],
    }),
    gke: kubeCluster('gke', {
      ...ISTIO,
      ...gke,
      manifests: [
        namespace('istio-egress'),
        ...gkeFiles.map((file) => manifest(`seed-002/gke/${file}.yaml`)),
        ...(gke.manifests ?? []),
      ],
    }),
  };
}

interface Parts extends Pick<ScenarioTools, 'clock'> {
  readonly eks: KubeCluster;
  readonly gke: KubeCluster;
}

interface Certificates {
  readonly server: Identity;
  readonly client: Identity;
}

/** Longer than istiod waits before it pushes, and than connections of a replaced listener may go on. */
const PUSH_MS = 46_000;

const SERVER = '/C=NT/ST=Zamunda/O=Solo.io/OU=Solo.io/CN=*';
const CLIENT = '/C=NT/ST=Wakanda/O=Solo.io/OU=Solo.io/CN=*';

type Tools = Pick<ScenarioTools, 'clock' | 'random'>;

/** What the ingress gateway shows, as section 4 creates it: it has a common name only, and vouches for itself. */
export function createServerCertificate(tools: Tools, changes: Partial<CertificateOptions> = {}): Promise<Identity> {
  return selfSigned(tools, { subject: SERVER, ...changes });
}

/** What the egress gateway shows. */
export function createClientCertificate(tools: Tools, changes: Partial<CertificateOptions> = {}): Promise<Identity> {
  return selfSigned(tools, { subject: CLIENT, ...changes });
}

/** The Secret of the ingress gateway: its certificate, and whom it lets in. */
export function ingressSecret({ server, client }: Certificates): ManifestSource {
  return credentialSecret({ namespace: 'istio-ingress', name: 'mtls-credential' }, server, client);
}

/** The Secret of the egress gateway: its certificate, and whom it trusts. */
export function egressSecret({ server, client }: Certificates): ManifestSource {
  return credentialSecret({ namespace: 'istio-egress', name: 'mtls-credential' }, client, server);
}

/** Applies to one cluster, and waits for istiod's push and its effect: a call before it may meet the old configuration. */
export async function applyAndPush(
  cluster: KubeCluster,
  clock: ScenarioTools['clock'],
  manifests: readonly ManifestSource[],
): Promise<void> {
  for (const source of manifests) await cluster.apply(source);
  await clock.sleep(PUSH_MS);
}

/** Section 5: `lambda.external` in the mesh of GKE, sent through its egress gateway to the ingress gateway of EKS. */
export async function connectClusters({ eks, gke, clock }: Parts): Promise<void> {
  await applyAndPush(gke, clock, [await lambdaHost(eks), manifest('seed-002/gke/lambda.yaml')]);
}

/** The end of section 4 and section 5: certificates for both gateways, then the way from one to the other. */
export async function connectSecurely(parts: Parts & Tools): Promise<Certificates> {
  const certificates = {
    server: await createServerCertificate(parts),
    client: await createClientCertificate(parts),
  };
  await parts.eks.apply(ingressSecret(certificates));
  await parts.gke.apply(egressSecret(certificates));
  await connectClusters(parts);
  return certificates;
}

/** `lambda.external` as the mesh of GKE knows it, and the TLS that its egress gateway speaks to it. */
export async function lambdaHost(eks: KubeCluster): Promise<ManifestSource> {
  const HOST_GW_CLUSTER2 = await eks.externalHost('istio-ingress/istio-ingressgateway');
  return manifest('seed-002/gke/lambda-host.yaml', { HOST_GW_CLUSTER2 });
}
