import { manifest, namespace } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { INVOKE_CAT, LAMBDA_HOST } from '../signed-by-client.ts';
import { accountWithCat, signingMesh, signRequests } from '../signed-lambda.ts';

/** `x-envoy-retry-on` speaks to the next router, which takes it off the request: after the filter before it has signed it. */
export default scenario('signing/router-header-signed', {
  title: 'A header for the router is signed, and then removed by it',
  source: ['envoyproxy/envoy#18695', 'envoyproxy/envoy#18729', 'envoyproxy/envoy#18998'],
  tags: ['signature', 'headers', 'B04'],
  topology: (words) => ({
    aws: accountWithCat(words),
    east: words.kubeCluster(
      'east',
      signingMesh('envoy-1.22', [signRequests(), namespace('sleep'), manifest('multi-cluster/curl.yaml')]),
    ),
  }),
  async run({ east, step, fix, expect }) {
    // Outside the mesh, behind an ingress of another make: a proxy of its own would already heed the header.
    const pod = east.exec({ namespace: 'sleep', labels: { app: 'curl' } });
    const invoke = (headers: Readonly<Record<string, string>> = {}) =>
      pod.post(`httpbin.default:8000${INVOKE_CAT}`, '{}', {
        host: LAMBDA_HOST,
        // Only callers inside may tell routers what to do; up to 1.32 private addresses are inside.
        headers: { 'x-forwarded-for': '10.42.0.99', ...headers },
      });
    const withRetries = { 'x-envoy-retry-on': '5xx' };

    await step('invoke the function', async () => expect(await invoke()).toBeAcceptedBy('lambda'));
    await step('invoke it with x-envoy-retry-on', async () => {
      const refused = await invoke(withRetries);
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('header-removed', { header: 'x-envoy-retry-on' });
    });

    await fix('leave x-envoy-* out of the signature', () =>
      east.apply(signRequests({ filter: { match_excluded_headers: [{ prefix: 'x-envoy-' }] } })),
    );
    await step('invoke it with x-envoy-retry-on again', () =>
      expect.eventually(() => invoke(withRetries)).toBeAcceptedBy('lambda'),
    );
  },
});
