import { credentialSecret, selfSigned } from '#harness/certificates.ts';
import type { KubeCluster } from '#harness/backends/backend.ts';
import { lambdaFunction, manifest, namespace } from '#harness/fixtures.ts';
import type { ScenarioTools, TopologyWords } from '#harness/scenario.ts';

/** Where the seed calls from. */
export const SLEEP = { namespace: 'sleep', labels: { app: 'sleep' } };

const ALB = 'alb.jesus2.solo.io';
const ISTIO = { istioVersion: '1.17.2', revision: '1-17', dialect: 'envoy-1.25', gateway: false } as const;

/** Seed 002 up to its section 4: a load balancer in the VPC of one cluster, and two meshes that trust nothing of each other. */
export function twoClusters({ aws, kubeCluster }: TopologyWords, istio: Partial<typeof ISTIO> = {}) {
  const options = { ...ISTIO, ...istio };
  return {
    aws: aws({
      functions: { 'hello-world': lambdaFunction('hello-world-html') },
      loadBalancers: { [ALB]: { function: 'hello-world', addresses: ['10.0.1.186', '10.0.2.117', '10.0.3.223'] } },
    }),
    eks: kubeCluster('eks', {
      ...options,
      vpc: true,
      manifests: [
        namespace('istio-ingress'),
        ...['istiod', 'istiod-service', 'gateway', 'load-balancer', 'lambda'].map((file) =>
          manifest(`seed-002/eks/${file}.yaml`),
        ),
      ],
    }),
    gke: kubeCluster('gke', {
      ...options,
      manifests: [
        namespace('istio-egress'),
        ...['istiod', 'istiod-service', 'gateway', 'sleep'].map((file) => manifest(`seed-002/gke/${file}.yaml`)),
      ],
    }),
  };
}

interface Clusters extends Pick<ScenarioTools, 'clock'> {
  readonly eks: KubeCluster;
  readonly gke: KubeCluster;
}

/** Longer than istiod waits before it pushes. A call before that goes to an address that nobody routes, and hangs. */
const PUSH_MS = 1000;

/** Section 4's certificates for both ends: they have a common name only, and each vouches for itself. */
export async function createCertificates(tools: Pick<ScenarioTools, 'clock' | 'random'>) {
  const server = await selfSigned(tools, { subject: '/C=NT/ST=Zamunda/O=Solo.io/OU=Solo.io/CN=*' });
  const client = await selfSigned(tools, { subject: '/C=NT/ST=Wakanda/O=Solo.io/OU=Solo.io/CN=*' });
  return { server, client };
}

type Certificates = Awaited<ReturnType<typeof createCertificates>>;

/** What the ingress gateway shows, and whom it lets in. */
export function ingressSecret({ server, client }: Certificates) {
  return credentialSecret({ namespace: 'istio-ingress', name: 'mtls-credential' }, server, client);
}

/** What the egress gateway shows, and whom it trusts. */
export function egressSecret({ server, client }: Certificates) {
  return credentialSecret({ namespace: 'istio-egress', name: 'mtls-credential' }, client, server);
}

/** Section 5: `lambda.external` in the mesh of GKE, sent through its egress gateway to the ingress gateway of EKS. */
export async function connectClusters({ eks, gke, clock }: Clusters): Promise<void> {
  const HOST_GW_CLUSTER2 = await eks.externalHost('istio-ingress/istio-ingressgateway');
  await gke.apply(manifest('seed-002/gke/lambda-host.yaml', { HOST_GW_CLUSTER2 }));
  await gke.apply(manifest('seed-002/gke/lambda.yaml'));
  await clock.sleep(PUSH_MS);
}
