import { lambdaFunction, manifest } from '#harness/fixtures.ts';
import { getKubeClusterIssuer } from '#harness/kube-cluster-issuer.ts';
import type { TopologyWords } from '#harness/scenario.ts';
import type { ManifestSource, PolicyDocument } from '#harness/topology.ts';
import { httpbinWith } from './credential-sources.ts';

const ACCOUNT = '123456789012';
const ROLE = 'istio-lambda';
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/${ROLE}`;

/** Without it the proxy looks for the metadata of an instance every 32 s, as long as it runs. */
const NO_METADATA = { AWS_EC2_METADATA_DISABLED: 'true' };

/** The releases on both sides of a repair, in one world. */
export interface TwoReleases {
  readonly before: string;
  readonly after: string;
}

/** The world of seed 000 where the sidecar has no keys, but a token of its service account, and takes a role for it. */
export function webIdentity(
  words: TopologyWords,
  workload: ManifestSource = httpbinWith({ roleArn: ROLE_ARN, environment: NO_METADATA }),
) {
  return { aws: accountFor(words, ['east']), east: clusterWith(words, 'east', 'envoy-1.36', workload) };
}

/** The same with two KubeClusters: `east` runs the release before a repair, with the asynchronous client, `west` the one after. */
export function webIdentityTwice(words: TopologyWords, { before, after }: TwoReleases) {
  const workload = httpbinWith({ roleArn: ROLE_ARN, environment: NO_METADATA, hasAsyncClient: true });
  return {
    aws: accountFor(words, ['east', 'west']),
    east: clusterWith(words, 'east', before, workload),
    west: clusterWith(words, 'west', after, workload),
  };
}

function accountFor({ aws }: TopologyWords, kubeClusters: readonly string[]) {
  const issuers = kubeClusters.map((name) => getKubeClusterIssuer(name));
  return aws({
    functions: { 'hello-world-cat': lambdaFunction('hello-world-cat') },
    oidcProviders: issuers.map((url) => ({ url })),
    roles: { [ROLE]: { trustPolicy: trustServiceAccount(issuers, 'default', 'httpbin') } },
  });
}

function clusterWith({ kubeCluster }: TopologyWords, name: string, dialect: string, workload: ManifestSource) {
  const manifests = [workload, manifest('seed-000/gateway.yaml'), manifest('seed-000/lambda.yaml')];
  return kubeCluster(name, { istioVersion: '1.22.0', dialect, manifests });
}

/** The trust policy of a role for one service account, as EKS's guide prints it, with a statement for each issuer. */
export function trustServiceAccount(
  issuers: readonly string[],
  namespace: string,
  serviceAccount: string,
): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: issuers.map((issuer) => {
      const provider = issuer.replace('https://', '');
      return {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${provider}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${provider}:aud`]: 'sts.amazonaws.com',
            [`${provider}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
          },
        },
      };
    }),
  };
}
