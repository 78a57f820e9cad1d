import { scenario } from '#harness/scenario.ts';
import {
  applyAndPush,
  connectSecurely,
  createServerCertificate,
  egressSecret,
  ingressSecret,
  SLEEP,
  twoClusters,
} from '../two-clusters.ts';

/** The certificates that work in the seed's Istio 1.17 (see mtls-egress) stop working with what 1.21 does by default. */
export default scenario('multi-cluster/common-name-only', {
  title: 'Istio 1.21 refuses a server certificate that has a common name only',
  source: ['istio/istio#50126', 'istio/istio#53186', 'istio/istio#52503', 'seed 002, section 4'],
  tags: ['mtls', 'B62'],
  topology: (words) => twoClusters(words, { gke: { istioVersion: '1.21.0', dialect: 'envoy-1.29' } }),
  async run({ aws, eks, gke, step, fix, expect, clock, random }) {
    const call = () => gke.exec(SLEEP).get('lambda.external/hello-world');

    const { client } = await step('connect the clusters', () => connectSecurely({ eks, gke, clock, random }));
    await step('curl lambda.external/hello-world is refused', async () => {
      const refused = await call();
      expect(refused).toHaveStatus(503);
      expect(refused.text()).toContain('CERTIFICATE_VERIFY_FAILED');
      expect(refused).toBeExplainedBy('certificate-refused');
      expect(aws.invocations('hello-world')).toHaveLength(0);
    });

    await fix('name the host in the certificate', async () => {
      const server = await createServerCertificate({ clock, random }, { dnsNames: ['lambda.external'] });
      await eks.apply(ingressSecret({ server, client }));
      await applyAndPush(gke, clock, [egressSecret({ server, client })]);
    });
    await step('curl lambda.external/hello-world reaches the function', async () =>
      expect(await call()).toHaveStatus(200),
    );
  },
});
