import { lambdaFunction, manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { httpbinWith, trustService } from '../credential-sources.ts';

const ROLE = 'httpbin-task';
const MANIFESTS = [
  httpbinWith({ environment: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/httpbin' } }),
  manifest('seed-000/gateway.yaml'),
  manifest('seed-000/lambda.yaml'),
];

/** Envoy up to 1.27 reads the expiry in a form that it does not have, takes the keys for long expired and asks for new ones each time. */
export default scenario('credentials/fetched-for-each-request', {
  title: 'Every request waits for the keys of the task anew, because their expiry is misread',
  source: ['envoyproxy/envoy#29267', 'gateways.md 3.4'],
  tags: ['credentials', 'container', 'B23'],
  topology: ({ aws, kubeCluster }) => ({
    aws: aws({
      functions: { 'hello-world-cat': lambdaFunction('hello-world-cat') },
      roles: { [ROLE]: { trustPolicy: trustService('ecs-tasks.amazonaws.com') } },
      taskRoles: { httpbin: ROLE },
    }),
    east: kubeCluster('east', { dialect: 'envoy-1.25', manifests: MANIFESTS, credentialEndpoints: ['container'] }),
    west: kubeCluster('west', { dialect: 'envoy-1.28', manifests: MANIFESTS, credentialEndpoints: ['container'] }),
  }),
  async run({ aws, east, west, step, fault, expect }) {
    const [old, repaired] = await step('forward 127.0.0.1:9080 and 9081 to the load balancers', async () => [
      await east.portForward(9080, 'istio-ingressgateway', 80),
      await west.portForward(9081, 'istio-ingressgateway', 80),
    ]);
    const callOld = async () => await old?.get('/cat', { host: 'example.com' });
    const callRepaired = async () => await repaired?.get('/cat', { host: 'example.com' });
    await step('GET /cat with the keys of the task', async () => {
      expect(await callOld()).toBeAcceptedBy('lambda');
      expect(await callRepaired()).toBeAcceptedBy('lambda');
    });

    await fault('let the agent take half a second', () => aws.fail('container', { kind: 'slow', delayMs: 500 }));
    await step('GET /cat ten times waits for it ten times where Envoy 1.25 signs', async () => {
      for (let calls = 0; calls < 10; calls++) {
        const answer = await callOld();
        expect(answer).toBeAcceptedBy('lambda');
        expect(answer?.durationMs).toBeGreaterThanOrEqual(500);
      }
    });
    await step('GET /cat does not wait where Envoy 1.28 signs', async () => {
      const answer = await callRepaired();
      expect(answer).toBeAcceptedBy('lambda');
      expect(answer?.durationMs).toBeLessThan(100);
    });
  },
});
