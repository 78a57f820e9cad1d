import { parseAllDocuments, stringify } from 'yaml';
import { lambdaFunction, manifest } from '#harness/fixtures.ts';
import type { TopologyWords } from '#harness/scenario.ts';
import type { InstanceOptions, ManifestSource, PolicyDocument } from '#harness/topology.ts';

const WITHOUT_CREDENTIALS = 'seed-000/httpbin-without-credentials.yaml';
const ASYNC_CLIENT = 'envoy.reloadable_features.use_http_client_to_fetch_aws_credentials';
/** The role of the nodes. */
export const NODE_ROLE = 'istio-node';

export interface ProxySetup {
  /** `proxyMetadata`: variables of the proxy's process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether keys are fetched in the background where the release leaves it open, before 1.33. */
  readonly hasAsyncClient?: boolean;
  /** The IAM role of its service account. */
  readonly roleArn?: string;
  /** More annotations of the pod. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Seed 000's workload, whose proxy has no keys but what it is given here. */
export function httpbinWith({ environment = {}, hasAsyncClient = false, roleArn, annotations = {} }: ProxySetup) {
  const config = {
    ...(Object.keys(environment).length > 0 && { proxyMetadata: environment }),
    ...(hasAsyncClient && { runtimeValues: { [ASYNC_CLIENT]: 'true' } }),
  };
  const added = Object.keys(config).length === 0 ? annotations : { ...annotations, [PROXY_CONFIG]: stringify(config) };
  const documents = parseAllDocuments(manifest(WITHOUT_CREDENTIALS).text);
  for (const document of documents) {
    const kind = document.get('kind');
    if (kind === 'ServiceAccount' && roleArn !== undefined)
      document.setIn(['metadata', 'annotations'], { 'eks.amazonaws.com/role-arn': roleArn });
    if (kind === 'Deployment')
      for (const [name, text] of Object.entries(added))
        document.setIn(['spec', 'template', 'metadata', 'annotations', name], text);
  }
  const text = documents.map(String).join('');
  return { file: `fixtures/${WITHOUT_CREDENTIALS}, changed`, text };
}

const PROXY_CONFIG = 'proxy.istio.io/config';

/** The world of seed 000 on EC2 nodes with a role. */
export function onEc2(
  { aws, kubeCluster }: TopologyWords,
  options: { readonly dialect: string; readonly workload: ManifestSource; readonly instance?: InstanceOptions },
) {
  const { dialect, workload, instance } = options;
  const manifests = [workload, manifest('seed-000/gateway.yaml'), manifest('seed-000/lambda.yaml')];
  return {
    aws: aws({
      functions: { 'hello-world-cat': lambdaFunction('hello-world-cat') },
      roles: { [NODE_ROLE]: { trustPolicy: trustService('ec2.amazonaws.com') } },
      instance: { role: NODE_ROLE, ...instance },
    }),
    east: kubeCluster('east', { istioVersion: '1.22.0', dialect, manifests, credentialEndpoints: ['metadata'] }),
  };
}

/** The trust policy of a role that a service of AWS hands out keys for. */
export function trustService(service: string): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  };
}
