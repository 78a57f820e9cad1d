import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { lambdaFromIstio } from '../lambda-from-istio.ts';

/**
 * curl puts the forwarded port into Host, the aws_lambda filter signs it, and Lambda checks the signature without it.
 * A proxy that strips the port before the filter runs signs what Lambda checks.
 */
export default scenario('port-forward/host-with-port', {
  title: 'A Host signed with the forwarded port is refused',
  source: ['seed 000', 'envoyproxy/envoy#14435'],
  tags: ['signature', 'seed-000', 'B01'],
  topology: lambdaFromIstio,
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com:9080' });

    await step('GET /cat with Host example.com:9080', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('host-port', { header: 'host' });
      expect(aws.invocations('hello-world-cat')).toHaveLength(0);
    });

    await fix('apply strip_any_host_port', () => east.apply(manifest('seed-000/strip-any-host-port.yaml')));

    await step('GET /cat again', async () => {
      await expect.eventually(callCat).toHaveStatus(200);
      const accepted = await callCat();
      expect(accepted).toBeAcceptedBy('lambda');
      expect(accepted).toHaveBody('meow');
    });
  },
});
