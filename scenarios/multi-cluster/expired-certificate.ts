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

/** The seed's certificates are good for 365 days; nothing renews them. */
export default scenario('multi-cluster/expired-certificate', {
  title: 'A gateway refuses a server certificate whose time is over',
  source: ['seed 002, section 4'],
  tags: ['mtls'],
  topology: (words) => twoClusters(words),
  async run({ aws, eks, gke, step, fault, fix, expect, clock, random }) {
    const call = () => gke.exec(SLEEP).get('lambda.external/hello-world');

    const { server, client } = await step('connect the clusters', () => connectSecurely({ eks, gke, clock, random }));
    await fault('let the server certificate expire', async () => {
      const expired = await createServerCertificate({ clock, random }, { notAfter: new Date('2021-01-01T00:00:00Z') });
      await gke.apply(egressSecret({ server: expired, client }));
      await applyAndPush(eks, clock, [ingressSecret({ server: expired, client })]);
    });
    await step('curl lambda.external/hello-world is refused', async () => {
      const refused = await call();
      expect(refused).toHaveStatus(503);
      expect(refused.text()).toContain('CERTIFICATE_VERIFY_FAILED');
      expect(refused).toBeExplainedBy('certificate-refused');
      expect(aws.invocations('hello-world')).toHaveLength(0);
    });

    await fix('renew it', async () => {
      await gke.apply(egressSecret({ server, client }));
      await applyAndPush(eks, clock, [ingressSecret({ server, client })]);
    });
    await step('curl lambda.external/hello-world reaches the function', async () =>
      expect(await call()).toHaveStatus(200),
    );
  },
});
