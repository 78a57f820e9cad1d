import { scenario } from '#harness/scenario.ts';
import {
  applyAndPush,
  connectSecurely,
  createClientCertificate,
  egressSecret,
  ingressSecret,
  SLEEP,
  twoClusters,
} from '../two-clusters.ts';

const EGRESS = { namespace: 'istio-egress', labels: { app: 'istio-egressgateway' } };

/** A new certificate is for new handshakes. What is open stays open, so a wrong rotation shows only when connections end. */
export default scenario('multi-cluster/certificate-rotated', {
  title: 'A rotated client certificate is refused first on the next connection',
  source: ['gateways.md 5.4', 'seed 002, section 4'],
  tags: ['mtls', 'sds', 'rotation'],
  topology: (words) => twoClusters(words),
  async run({ eks, gke, step, fault, fix, expect, clock, random }) {
    const call = () => gke.exec(SLEEP).get('lambda.external/hello-world');

    const { server } = await step('connect the clusters', () => connectSecurely({ eks, gke, clock, random }));
    await step('curl lambda.external/hello-world', async () => expect(await call()).toHaveStatus(200));
    const client = await createClientCertificate({ clock, random }, { notAfter: new Date('2027-01-01T00:00:00Z') });
    await fault('rotate the certificate of the egress gateway only', () =>
      applyAndPush(gke, clock, [egressSecret({ server, client })]),
    );
    await step('curl lambda.external/hello-world goes over the old connection', async () =>
      expect(await call()).toHaveStatus(200),
    );
    await step('restart the egress gateway', () => gke.deletePod(EGRESS));
    await step('curl lambda.external/hello-world is refused', async () => {
      const refused = await call();
      expect(refused).toHaveStatus(503);
      expect(refused).toBeExplainedBy('client-certificate-refused', { grade: 'consistent' });
    });

    await fix('let the ingress gateway trust the new certificate', () =>
      applyAndPush(eks, clock, [ingressSecret({ server, client })]),
    );
    await step('curl lambda.external/hello-world reaches the function', async () =>
      expect(await call()).toHaveStatus(200),
    );
  },
});
