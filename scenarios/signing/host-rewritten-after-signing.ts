import { scenario } from '#harness/scenario.ts';
import { INVOKE_CAT, LAMBDA_HOST } from '../signed-by-client.ts';
import { accountWithCat, signingMesh, signRequests } from '../signed-lambda.ts';

/**
 * The router rewrites the host when all filters are done, the one that signs among them: the custom domain is signed and Lambda's name
 * is sent. The filter's own `host_rewrite` comes first.
 */
export default scenario('signing/host-rewritten-after-signing', {
  title: 'A route that rewrites the host of a custom domain breaks the signature',
  source: ['envoyproxy/envoy#32851', 'gateways.md 2.3 and 2.7'],
  tags: ['signature', 'host', 'B11'],
  topology: (words) => ({
    aws: accountWithCat(words),
    east: words.kubeCluster(
      'east',
      signingMesh('envoy-1.30', [signRequests({ route: { host_rewrite_literal: LAMBDA_HOST } })]),
    ),
  }),
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const invoke = () => forward.post(INVOKE_CAT, '{}', { host: 'cats.example.com' });

    await step('invoke the function as cats.example.com', async () => {
      const refused = await invoke();
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('header-changed', { header: 'host' });
      expect(aws.invocations('hello-world-cat')).toHaveLength(0);
    });

    await fix('rewrite the host in the filter that signs', () =>
      east.apply(signRequests({ filter: { host_rewrite: LAMBDA_HOST } })),
    );
    await step('invoke the function', () => expect.eventually(invoke).toBeAcceptedBy('lambda'));
  },
});
