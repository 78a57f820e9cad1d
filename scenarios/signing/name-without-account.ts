import type { KubeCluster } from '#harness/backends/backend.ts';
import { lambdaFunction, manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { LAMBDA_USER, FIRST_KEY } from '../lambda-from-istio.ts';
import { signingMesh } from '../signed-lambda.ts';

const OTHER_ACCOUNT = '210987654321';
const { file, text } = manifest('seed-000/lambda.yaml');
const sharedCat = [{ file: `${file}, changed`, text: text.replaceAll('123456789012', OTHER_ACCOUNT) }];

/** Up to 1.22 the path of the call has the function's name and nothing else of its ARN: Lambda looks for it in the caller's account. */
export default scenario('signing/name-without-account', {
  title: 'A function that another account shares is looked for in the own one',
  source: ['envoyproxy/envoy#21970', 'gateways.md 1.4'],
  tags: ['lambda', 'version', 'B08'],
  topology: ({ aws, kubeCluster }) => ({
    aws: aws({
      functions: { 'hello-world-cat': { ...lambdaFunction('hello-world-cat'), accountId: OTHER_ACCOUNT } },
      users: { [LAMBDA_USER]: { accessKeys: [FIRST_KEY] } },
    }),
    east: kubeCluster('east', signingMesh('envoy-1.22', sharedCat)),
    west: kubeCluster('west', signingMesh('envoy-1.25', sharedCat)),
  }),
  async run({ aws, east, west, step, fix, expect }) {
    const callCat = async (cluster: KubeCluster) => {
      await using forward = await cluster.portForward(0, 'istio-ingressgateway', 80);
      return await forward.get('/cat', { host: 'example.com' });
    };
    let cluster = east;

    await step('GET /cat finds no function', async () => {
      const lost = await callCat(cluster);
      expect(lost).toBeAcceptedBy('lambda');
      expect(lost).toHaveStatus(404);
      expect(lost).toBeExplainedBy('function-not-found');
      expect(lost).toHaveBody(
        new RegExp(`Function not found: arn:aws:lambda:us-east-1:${aws.accountId}:function:hello-world-cat:\\$LATEST`),
      );
    });

    await fix('upgrade to Envoy 1.25, which calls the function by its ARN', () => {
      cluster = west;
    });
    await step('GET /cat is answered', async () => expect(await callCat(cluster)).toHaveBody('meow'));
  },
});
