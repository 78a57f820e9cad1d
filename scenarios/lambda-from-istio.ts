import { accessKeySecret, kustomization, lambdaFunction } from '#harness/fixtures.ts';
import type { TopologyWords } from '#harness/scenario.ts';
import type { ManifestSource } from '#harness/topology.ts';

/** The IAM user whose key the sidecar signs with. */
export const LAMBDA_USER = 'istio-lambda';
/** The key pair that AWS's documentation prints. */
export const FIRST_KEY = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
export const CREDENTIALS_SECRET = 'aws-lambda-credentials';

/** The world of seed document 000: an Istio 1.11 mesh in which httpbin's sidecar turns `/cat` and `/dog` into Lambda calls. */
export function lambdaFromIstio(words: TopologyWords) {
  return lambdaFromIstioWith(words, [accessKeySecret(CREDENTIALS_SECRET, FIRST_KEY), ...kustomization('seed-000')]);
}

/** The same world with other manifests. */
export function lambdaFromIstioWith({ aws, kubeCluster }: TopologyWords, manifests: readonly ManifestSource[]) {
  return {
    aws: aws({
      functions: {
        'hello-world-cat': lambdaFunction('hello-world-cat'),
        'hello-world-dog': lambdaFunction('hello-world-dog'),
      },
      users: { [LAMBDA_USER]: { accessKeys: [FIRST_KEY] } },
    }),
    east: kubeCluster('east', { istioVersion: '1.11.0', dialect: 'envoy-1.19', manifests }),
  };
}
