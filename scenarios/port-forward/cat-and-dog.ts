import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { lambdaFromIstio } from '../lambda-from-istio.ts';

/** Two routes, two functions, one filter: each route's own ARN is signed and called, and other paths reach httpbin unsigned. */
export default scenario('port-forward/cat-and-dog', {
  title: 'Each route calls its own function once the port is stripped',
  source: ['seed 000'],
  tags: ['signature', 'routing', 'seed-000'],
  topology: lambdaFromIstio,
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const call = (path: string) => forward.get(path, { host: 'example.com:9080' });

    await step('GET /cat and /dog are refused', async () => {
      for (const path of ['/cat', '/dog']) {
        const refused = await call(path);
        expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
        expect(refused).toBeExplainedBy('host-port', { header: 'host' });
      }
    });

    await fix('apply strip_any_host_port', () => east.apply(manifest('seed-000/strip-any-host-port.yaml')));

    await step('GET /cat and /dog reach their functions', async () => {
      await expect.eventually(() => call('/cat')).toHaveBody('meow');
      expect(await call('/dog?name=rex')).toHaveBody('woof');
      expect(aws.invocations('hello-world-dog')).toHaveLength(1);
      expect(aws.invocations('hello-world-dog')[0]?.event).toMatchObject({
        raw_path: '/dog?name=rex',
        method: 'GET',
        query_string_parameters: { name: 'rex' },
      });
    });

    await step('GET /status/418 reaches httpbin', async () => {
      const teapot = await call('/status/418');
      expect(teapot).toHaveStatus(418);
      expect(teapot).not.toBeAcceptedBy('lambda');
    });
  },
});
