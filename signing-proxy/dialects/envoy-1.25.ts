import type { LambdaArn } from '../filters/aws-lambda/lambda-arn.ts';
import { envoy122 } from './envoy-1.22.ts';
import type { Dialect } from './types.ts';

/** Envoy 1.25, the proxy of Istio 1.17: what changed since 1.22. */
export const envoy125: Dialect = {
  ...envoy122,
  name: 'envoy-1.25',
  signing: {
    ...envoy122.signing,
    // From 1.23: gateways.md 2.10.
    logComponent: 'aws',
  },
  lambda: {
    ...envoy122.lambda,
    createPath: createArnPath,
    // From 1.25: gateways.md 1.1, envoyproxy/envoy#24185.
    routeSigner: 'region',
  },
  // From 1.25: gateways.md 3.5, envoyproxy/envoy#24747.
  credentials: { ...envoy122.credentials, chain: ['environment', 'container', 'instance-metadata-v2'] },
};

/** From 1.23 the path holds the whole ARN, not encoded (gateways.md 1.4, envoyproxy/envoy#21970). */
function createArnPath(arn: LambdaArn): string {
  return `/2015-03-31/functions/${arn.text}/invocations`;
}
