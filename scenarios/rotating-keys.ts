import { CreateAccessKeyCommand, UpdateAccessKeyCommand, type IAMClient } from '@aws-sdk/client-iam';
import { genericSecret, lambdaFunction, manifest } from '#harness/fixtures.ts';
import type { TopologyWords } from '#harness/scenario.ts';
import type { KnownAccessKey, ManifestSource } from '#harness/topology.ts';
import { CREDENTIALS_SECRET, FIRST_KEY, LAMBDA_USER } from './lambda-from-istio.ts';

/** An Envoy that reads keys from files and waits for those it has not yet (gateways.md 0.3). */
const NEW_ISTIO = { istioVersion: '1.26.0', dialect: 'envoy-1.34' } as const;
const HTTPBIN = manifest('key-rotation/httpbin-credentials-file.yaml');
/** Where the sidecar's pod is. */
export const SIGNING_POD = { namespace: 'default', labels: { app: 'httpbin' } };

/** The world of seed 000 with a credentials file, mounted from a Secret, that the filter `aws_lambda` reads once an hour. */
export function keysFromFile(words: TopologyWords) {
  return worldWith(words, [HTTPBIN, manifest('seed-000/gateway.yaml'), manifest('seed-000/lambda.yaml')]);
}

/** The same with the filter `aws_request_signing`, that watches the file's folder. `/cat` has to be sent as a POST. */
export function keysFromWatchedFile(words: TopologyWords) {
  return worldWith(words, [HTTPBIN, manifest('key-rotation/gateway.yaml'), manifest('key-rotation/watched-file.yaml')]);
}

function worldWith({ aws, kubeCluster }: TopologyWords, manifests: readonly ManifestSource[]) {
  return {
    aws: aws({
      functions: { 'hello-world-cat': lambdaFunction('hello-world-cat') },
      users: { [LAMBDA_USER]: { accessKeys: [FIRST_KEY] } },
    }),
    east: kubeCluster('east', { ...NEW_ISTIO, manifests: [credentialsFile(FIRST_KEY), ...manifests] }),
  };
}

/** The Secret that holds the file `credentials`, as `aws configure` writes it. */
export function credentialsFile({ accessKeyId, secretAccessKey }: KnownAccessKey): ManifestSource {
  const credentials = `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  return genericSecret({ namespace: 'default', name: CREDENTIALS_SECRET }, { credentials });
}

/** `aws iam create-access-key` */
export async function createKey(iam: IAMClient): Promise<KnownAccessKey> {
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: LAMBDA_USER }));
  const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '' } = AccessKey ?? {};
  return { accessKeyId, secretAccessKey };
}

/** `aws iam update-access-key --status` */
export async function setKeyStatus(
  iam: IAMClient,
  { accessKeyId }: Pick<KnownAccessKey, 'accessKeyId'>,
  status: 'Active' | 'Inactive',
): Promise<void> {
  await iam.send(new UpdateAccessKeyCommand({ UserName: LAMBDA_USER, AccessKeyId: accessKeyId, Status: status }));
}
