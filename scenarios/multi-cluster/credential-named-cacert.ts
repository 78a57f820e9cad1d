import { credentialSecret } from '#harness/certificates.ts';
import { scenario } from '#harness/scenario.ts';
import { applyAndPush, connectSecurely, lambdaHost, SLEEP, twoClusters } from '../two-clusters.ts';

/** How long Envoy waits for a secret before it takes a cluster into use without it. */
const INITIAL_FETCH_MS = 15_000;

/**
 * Istio asks for the authority of credential X by the name X-cacert. It takes a credential whose own name ends like that for an authority,
 * and never sends its key.
 */
export default scenario('multi-cluster/credential-named-cacert', {
  title: 'The key of a credential whose name ends in -cacert is never sent',
  source: ['istio/istio.io#8712', 'gateways.md 5.4'],
  tags: ['mtls', 'sds', 'B60'],
  topology: (words) => twoClusters(words),
  async run({ eks, gke, step, fault, fix, expect, clock, random }) {
    const call = () => gke.exec(SLEEP).get('lambda.external/hello-world');
    const host = await lambdaHost(eks);

    const { server, client } = await step('connect the clusters', () => connectSecurely({ eks, gke, clock, random }));
    await fault('call the credential of the egress gateway "lambda-cacert"', async () => {
      await gke.apply(credentialSecret({ namespace: 'istio-egress', name: 'lambda-cacert' }, client, server));
      await gke.apply({ ...host, text: host.text.replace('mtls-credential', 'lambda-cacert') });
      await clock.sleep(INITIAL_FETCH_MS + 1_000);
    });
    await step('curl lambda.external/hello-world has no key to connect with', async () => {
      const refused = await call();
      expect(refused).toHaveStatus(503);
      expect(refused.text()).toContain('TLS error: Secret is not supplied by SDS');
      expect(refused).toBeExplainedBy('secret-missing');
    });
    await fix('call it "mtls-credential"', () => applyAndPush(gke, clock, [host]));
    await step('curl lambda.external/hello-world reaches the function', async () =>
      expect(await call()).toHaveStatus(200),
    );
  },
});
