import { scenario } from '#harness/scenario.ts';
import { LAMBDA_HOST } from '../signed-by-client.ts';
import { accountWithCat, signAttempts, signingMesh, signRequests } from '../signed-lambda.ts';

const ALIAS = { regex_rewrite: { pattern: { regex: '/cat/' }, substitution: '/hello-world-cat/' } };

/**
 * The router rewrites the path when the filters before it are done, the one that signs among them. From 1.30 on that filter may stand in
 * the cluster, behind the router, where it signs what is sent.
 */
export default scenario('signing/path-rewritten-after-signing', {
  title: 'A route that rewrites the path breaks the signature, until the cluster signs',
  source: ['envoyproxy/envoy#31736', 'gateways.md 2.7'],
  tags: ['signature', 'path', 'upstream-filter'],
  topology: (words) => ({
    aws: accountWithCat(words),
    east: words.kubeCluster('east', signingMesh('envoy-1.30', [signRequests({ route: ALIAS })])),
  }),
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const invoke = () => forward.post('/2015-03-31/functions/cat/invocations', '{}', { host: LAMBDA_HOST });

    await step('invoke the function by its alias', async () => {
      const refused = await invoke();
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('path-changed');
      expect(aws.invocations('hello-world-cat')).toHaveLength(0);
    });

    await fix('move the filter that signs into the cluster', () => east.apply(signAttempts({ route: ALIAS })));
    await step('invoke it again', () => expect.eventually(invoke).toBeAcceptedBy('lambda'));
  },
});
