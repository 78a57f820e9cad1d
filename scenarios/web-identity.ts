import { lambdaFunction, manifest } from '#harness/fixtures.ts';
import { getKubeClusterIssuer } from '#harness/kube-cluster-issuer.ts';
import type { TopologyWords } from '#harness/scenario.ts';
import type { PolicyDocument } from '#harness/topology.ts';

const ACCOUNT = '123456789012';

export interface WebIdentityOptions {
  /** Default: `envoy-1.36`. */
  readonly dialect?: string;
  /** The workload, a file of `fixtures/web-identity/`. Default: the one whose service account names a role. */
  readonly workload?: string;
}

/** The world of seed 000 where the sidecar has no keys, but a token of its service account, and takes a role for it. */
export function webIdentity({ aws, kubeCluster }: TopologyWords, options: WebIdentityOptions = {}) {
  const { dialect = 'envoy-1.36', workload = 'httpbin.yaml' } = options;
  const issuer = getKubeClusterIssuer('east');
  return {
    aws: aws({
      functions: { 'hello-world-cat': lambdaFunction('hello-world-cat') },
      oidcProviders: [{ url: issuer }],
      roles: { 'istio-lambda': { trustPolicy: trustServiceAccount(issuer, 'default', 'httpbin') } },
    }),
    east: kubeCluster('east', {
      istioVersion: '1.26.0',
      dialect,
      manifests: [
        manifest(`web-identity/${workload}`),
        manifest('seed-000/gateway.yaml'),
        manifest('seed-000/lambda.yaml'),
      ],
    }),
  };
}

/** The trust policy of a role for one service account, as EKS's guide prints it. */
export function trustServiceAccount(issuer: string, namespace: string, serviceAccount: string): PolicyDocument {
  const provider = issuer.replace('https://', '');
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${provider}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${provider}:aud`]: 'sts.amazonaws.com',
            [`${provider}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
          },
        },
      },
    ],
  };
}
