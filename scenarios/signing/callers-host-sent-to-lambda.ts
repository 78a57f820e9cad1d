import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { signingMesh, accountWithCat } from '../signed-lambda.ts';

/**
 * Envoy's filter, unlike Gloo's, leaves the host as it came: Lambda is called as `example.com`. Lambda minds no foreign name, only its port.
 */
export default scenario('signing/callers-host-sent-to-lambda', {
  title: "The caller's host is signed and sent to Lambda unless the filter rewrites it",
  source: ['kgateway-dev/kgateway#14662', 'envoyproxy/envoy#26855', 'envoyproxy/envoy#32005', 'gateways.md 2.3'],
  tags: ['signature', 'host', 'B02', 'B03'],
  topology: (words) => ({
    aws: accountWithCat(words),
    east: words.kubeCluster('east', signingMesh('envoy-1.30', [manifest('seed-000/lambda.yaml')])),
  }),
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:8080 to the load balancer', () =>
      east.portForward(8080, 'istio-ingressgateway', 80),
    );
    const callCat = (host: string) => forward.get('/cat', { host });

    await step('GET /cat as example.com', async () => expect(await callCat('example.com')).toBeAcceptedBy('lambda'));
    await step('GET /cat as 127.0.0.1:8080', async () => {
      const refused = await callCat('127.0.0.1:8080');
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('host-port', { header: 'host' });
    });

    await fix('let the filter rewrite the host', () => east.apply(manifest('signing-catalogue/host-rewrite.yaml')));
    await step('GET /cat as 127.0.0.1:8080 again', () =>
      expect.eventually(() => callCat('127.0.0.1:8080')).toBeAcceptedBy('lambda'),
    );
  },
});
