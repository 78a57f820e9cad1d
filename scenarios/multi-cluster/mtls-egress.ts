import { scenario } from '#harness/scenario.ts';
import {
  connectClusters,
  createCertificates,
  egressSecret,
  ingressSecret,
  SLEEP,
  twoClusters,
} from '../two-clusters.ts';

/** Seed 002 from its first to its last section: until both gateways have their certificates, no request passes between them. */
export default scenario('multi-cluster/mtls-egress', {
  title: 'A pod in one cloud calls a function in another through two gateways and mutual TLS',
  source: ['seed 002'],
  tags: ['mtls'],
  topology: twoClusters,
  async run({ aws, eks, gke, step, expect, clock, random }) {
    const call = () => gke.exec(SLEEP).get('lambda.external/hello-world');

    await step('send lambda.external through the egress gateway', () => connectClusters({ eks, gke, clock }));
    await step('curl lambda.external/hello-world, before the certificates', async () => {
      await expect.eventually(call).toHaveStatus(503);
      expect(aws.invocations('hello-world')).toHaveLength(0);
    });

    await step('create the certificates of both gateways', async () => {
      const certificates = await createCertificates({ clock, random });
      await gke.apply(egressSecret(certificates));
      await eks.apply(ingressSecret(certificates));
    });
    await step('curl lambda.external/hello-world', async () => {
      await expect.eventually(call).toHaveStatus(200);
      expect((await call()).text()).toContain('<p>Hello World from Lambda</p>');
    });
  },
});
