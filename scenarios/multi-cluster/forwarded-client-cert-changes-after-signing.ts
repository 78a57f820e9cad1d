import { credentialSecret } from '#harness/certificates.ts';
import { accessKeySecret, lambdaFunction, manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CREDENTIALS_SECRET, FIRST_KEY, LAMBDA_USER } from '../lambda-from-istio.ts';
import { applyAndPush, createClientCertificate, createServerCertificate } from '../two-clusters.ts';

const ISTIO = { istioVersion: '1.17.2', dialect: 'envoy-1.25' } as const;
const CREDENTIAL = { namespace: 'istio-system', name: 'mtls-credential' };

/**
 * The sidecar signs every header it has. Behind it an egress gateway and the other cloud's ingress gateway each put their own caller into
 * `x-forwarded-client-cert`, and the second, for which the request comes from outside, replaces `x-request-id`. Both have to be told to
 * leave alone what is signed; or the last of them signs.
 */
export default scenario('multi-cluster/forwarded-client-cert-changes-after-signing', {
  title: 'Gateways on the way to the other cloud replace headers that the workload has signed',
  source: ['gateways.md 2.7 and 4.6', 'envoyproxy/envoy#18729', 'seeds 000 and 002 together'],
  tags: ['signature', 'xfcc', 'mtls'],
  topology: ({ aws, kubeCluster }) => ({
    aws: aws({
      functions: { 'hello-world-cat': lambdaFunction('hello-world-cat') },
      users: { [LAMBDA_USER]: { accessKeys: [FIRST_KEY] } },
    }),
    eks: kubeCluster('eks', { ...ISTIO, manifests: [manifest('signed-egress/ingress.yaml')] }),
    gke: kubeCluster('gke', {
      ...ISTIO,
      manifests: [
        accessKeySecret(CREDENTIALS_SECRET, FIRST_KEY),
        manifest('seed-000/httpbin.yaml'),
        manifest('seed-000/gateway.yaml'),
        manifest('egress-gateway/lambda.yaml'),
        manifest('signed-egress/egress.yaml'),
      ],
    }),
  }),
  async run({ aws, eks, gke, step, fix, expect, clock, random }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer of gke', () =>
      gke.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'lambda.external' });
    await step('send signed requests through both gateways, over mutual TLS', async () => {
      const server = await createServerCertificate({ clock, random });
      const client = await createClientCertificate({ clock, random });
      const HOST_GW_CLUSTER2 = await eks.externalHost('istio-ingressgateway');
      await eks.apply(credentialSecret(CREDENTIAL, server, client));
      await gke.apply(credentialSecret(CREDENTIAL, client, server));
      await applyAndPush(gke, clock, [manifest('signed-egress/lambda-host.yaml', { HOST_GW_CLUSTER2 })]);
    });

    await step('GET /cat, signed by the sidecar', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('header-changed', { header: 'x-forwarded-client-cert' });
    });
    await fix('pass x-forwarded-client-cert on', async () => {
      await applyAndPush(gke, clock, [manifest('signed-egress/keep-client-cert.yaml')]);
      await applyAndPush(eks, clock, [manifest('signed-egress/keep-client-cert.yaml')]);
    });
    await step('GET /cat is refused for x-request-id', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'InvalidSignatureException');
      expect(refused).toBeExplainedBy('header-changed', { header: 'x-request-id' });
      expect(aws.invocations('hello-world-cat')).toHaveLength(0);
    });
    await fix('keep x-request-id', () => applyAndPush(eks, clock, [manifest('signed-egress/keep-request-id.yaml')]));
    await step('GET /cat is accepted', () => expect.eventually(callCat).toBeAcceptedBy('lambda'));
  },
});
