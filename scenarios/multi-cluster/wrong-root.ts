import { scenario } from '#harness/scenario.ts';
import {
  applyAndPush,
  connectSecurely,
  createServerCertificate,
  egressSecret,
  SLEEP,
  twoClusters,
} from '../two-clusters.ts';

/** Two meshes share no root, so each side must be told whom the other is: `cacert` of one is `cert` of the other. */
export default scenario('multi-cluster/wrong-root', {
  title: 'A gateway refuses a server certificate that its root did not issue',
  source: ['seed 002, section 4', 'istio/istio#37435'],
  tags: ['mtls', 'B63'],
  topology: (words) => twoClusters(words),
  async run({ aws, eks, gke, step, fault, fix, expect, clock, random }) {
    const call = () => gke.exec(SLEEP).get('lambda.external/hello-world');

    const { server, client } = await step('connect the clusters', () => connectSecurely({ eks, gke, clock, random }));
    await fault('let the egress gateway trust another server', async () => {
      const stranger = await createServerCertificate({ clock, random }, { subject: '/O=Stranger/CN=*' });
      await applyAndPush(gke, clock, [egressSecret({ server: stranger, client })]);
    });
    await step('curl lambda.external/hello-world is refused', async () => {
      const refused = await call();
      expect(refused).toHaveStatus(503);
      expect(refused.text()).toContain('CERTIFICATE_VERIFY_FAILED');
      expect(refused).toBeExplainedBy('certificate-refused');
      expect(aws.invocations('hello-world')).toHaveLength(0);
    });

    await fix('trust the right one', () => applyAndPush(gke, clock, [egressSecret({ server, client })]));
    await step('curl lambda.external/hello-world reaches the function', async () =>
      expect(await call()).toHaveStatus(200),
    );
  },
});
