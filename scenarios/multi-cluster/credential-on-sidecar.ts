import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import {
  applyAndPush,
  createClientCertificate,
  createServerCertificate,
  egressSecret,
  ingressSecret,
  lambdaHost,
  SLEEP,
  twoClusters,
} from '../two-clusters.ts';

/**
 * The DestinationRule is for every caller in the mesh, but istiod gives credentials to gateways only. A sidecar ignores the whole TLS
 * setting: what should have been encrypted leaves it as plain text.
 */
export default scenario('multi-cluster/credential-on-sidecar', {
  title: 'A sidecar ignores a DestinationRule with a credential and calls in plain text',
  source: ['istio/istio#31738', 'istio/istio#45259', 'gateways.md 5.5'],
  tags: ['mtls', 'B61'],
  topology: (words) => twoClusters(words),
  async run({ aws, eks, gke, step, fix, expect, clock, random }) {
    const call = () => gke.exec(SLEEP).get('lambda.external/hello-world');
    const findTls = async (labels: Readonly<Record<string, string>>) => {
      const clusters = await gke.proxyConfig({ labels }, 'cluster');
      return clusters.filter((cluster) =>
        /"outbound\|80\|\|lambda\.external".*"transport_socket":/.test(JSON.stringify(cluster)),
      );
    };

    await step('send lambda.external straight to the other cluster, over mutual TLS', async () => {
      const server = await createServerCertificate({ clock, random });
      const client = await createClientCertificate({ clock, random });
      await eks.apply(ingressSecret({ server, client }));
      await applyAndPush(gke, clock, [egressSecret({ server, client }), await lambdaHost(eks)]);
    });
    await step('the sidecar has no TLS for it', async () => {
      expect(await findTls(SLEEP.labels)).toHaveLength(0);
      const lost = await call();
      expect(lost).toHaveStatus(503);
      expect(lost).toBeExplainedBy('no-filter-chain', { grade: 'consistent' });
      expect(aws.invocations('hello-world')).toHaveLength(0);
    });

    await fix('send it through the egress gateway', () =>
      applyAndPush(gke, clock, [manifest('seed-002/gke/lambda.yaml')]),
    );
    await step('curl lambda.external/hello-world reaches the function', async () => {
      expect(await findTls({ app: 'istio-egressgateway' })).toHaveLength(1);
      expect(await call()).toHaveStatus(200);
    });
  },
});
