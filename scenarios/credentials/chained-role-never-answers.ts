import { lambdaFunction, manifest } from '#harness/fixtures.ts';
import { getKubeClusterIssuer } from '#harness/kube-cluster-issuer.ts';
import { scenario } from '#harness/scenario.ts';
import { httpbinWith } from '../credential-sources.ts';
import { SIGNING_POD } from '../rotating-keys.ts';
import { ROLE_ARN, trustServiceAccount } from '../web-identity.ts';

const ISSUER = getKubeClusterIssuer('east');
const CHAINED_ARN = 'arn:aws:iam::123456789012:role/lambda-caller';
const statement = (fields: object) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...fields }] });
const GATEWAY = manifest('key-rotation/gateway.yaml');

/** The role has to be asked for with keys that are fetched themselves. Nobody tells it when they have come, and requests wait. */
export default scenario('credentials/chained-role-never-answers', {
  title: 'Requests hang for ever when a role is assumed with keys that are fetched in the background',
  source: ['envoyproxy/envoy#45643', 'envoyproxy/envoy#45644', 'kgateway-dev/kgateway#14661', 'gateways.md 3.7'],
  tags: ['credentials', 'web-identity', 'assume-role', 'B31'],
  topology: ({ aws, kubeCluster }) => ({
    aws: aws({
      functions: { 'hello-world-cat': lambdaFunction('hello-world-cat') },
      oidcProviders: [{ url: ISSUER }],
      roles: {
        'istio-lambda': {
          trustPolicy: trustServiceAccount([ISSUER], 'default', 'httpbin'),
          policy: statement({ Action: ['sts:AssumeRole', 'lambda:InvokeFunction'], Resource: '*' }),
        },
        'lambda-caller': { trustPolicy: statement({ Principal: { AWS: ROLE_ARN }, Action: 'sts:AssumeRole' }) },
      },
    }),
    east: kubeCluster('east', {
      istioVersion: '1.26.0',
      dialect: 'envoy-1.36',
      manifests: [
        httpbinWith({ roleArn: ROLE_ARN }),
        { file: `${GATEWAY.file}, with a timeout`, text: `${GATEWAY.text}      timeout: 10m\n` },
        manifest('web-identity/chained-role.yaml', { CHAINED_ARN, ROLE_ARN }),
      ],
    }),
  }),
  async run({ aws, east, step, fault, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.post('/cat', '{}', { host: 'example.com' });

    await fault('let STS take 200 ms, as everywhere but in a network in memory', () =>
      aws.fail('sts', { kind: 'slow', delayMs: 200 }),
    );
    await step('restart the pod that signs', () => east.deletePod(SIGNING_POD));
    await step('POST /cat is given up by the gateway after ten minutes', async () => {
      const hung = await callCat();
      expect(hung).toHaveStatus(504);
      expect(hung.durationMs).toBe(600_000);
      expect(hung).toBeExplainedBy('route-timeout');
      expect(aws.ledger().requests).toEqual([]);
    });
    await fix('let the role of the service account call the function itself', () =>
      east.apply(manifest('web-identity/direct-role.yaml', { ROLE_ARN })),
    );
    await step('POST /cat is accepted', () =>
      expect.eventually(callCat, { within: '2m', every: '5s' }).toBeAcceptedBy('lambda'),
    );
  },
});
