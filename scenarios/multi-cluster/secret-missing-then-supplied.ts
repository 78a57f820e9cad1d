import { scenario } from '#harness/scenario.ts';
import {
  applyAndPush,
  connectClusters,
  createClientCertificate,
  createServerCertificate,
  egressSecret,
  ingressSecret,
  SLEEP,
  twoClusters,
} from '../two-clusters.ts';

/** How long Envoy waits for a secret before it takes a cluster into use without it. */
const INITIAL_FETCH_MS = 15_000;

/** Envoy does not wait for ever: after 15 s the upstream cluster serves, and every connection fails until the secret comes. */
export default scenario('multi-cluster/secret-missing-then-supplied', {
  title: 'An egress gateway whose credential is missing answers 503, and heals when it comes',
  source: ['istio/istio#34903', 'istio/istio#39166', 'seed 002, section 4'],
  tags: ['mtls', 'sds', 'B59'],
  topology: (words) => twoClusters(words),
  async run({ aws, eks, gke, step, fix, expect, clock, random }) {
    const call = () => gke.exec(SLEEP).get('lambda.external/hello-world');
    const server = await createServerCertificate({ clock, random });
    const client = await createClientCertificate({ clock, random });

    await step('connect the clusters, without the Secret of the egress gateway', async () => {
      await eks.apply(ingressSecret({ server, client }));
      await connectClusters({ eks, gke, clock });
      await clock.sleep(INITIAL_FETCH_MS);
    });
    await step('curl lambda.external/hello-world gets no connection', async () => {
      const failed = await call();
      expect(failed).toHaveStatus(503);
      expect(failed.text()).toContain('TLS error: Secret is not supplied by SDS');
      expect(failed).toBeExplainedBy('secret-missing');
      expect(aws.invocations('hello-world')).toHaveLength(0);
    });

    await fix('supply the Secret', () => applyAndPush(gke, clock, [egressSecret({ server, client })]));
    await step('curl lambda.external/hello-world reaches the function', async () =>
      expect(await call()).toHaveStatus(200),
    );
  },
});
