import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { httpbinWith } from '../credential-sources.ts';
import { FIRST_KEY, lambdaFromIstioWith } from '../lambda-from-istio.ts';
import { credentialsFile } from '../rotating-keys.ts';

const HOME = '/home/istio-proxy';
/** The keys lie where `aws configure` puts them. */
const IN_HOME = {
  'sidecar.istio.io/userVolume': '[{"name":"aws","secret":{"secretName":"aws-lambda-credentials"}}]',
  'sidecar.istio.io/userVolumeMount': `[{"name":"aws","mountPath":"${HOME}/.aws"}]`,
};
const ENVIRONMENT = { HOME, AWS_EC2_METADATA_DISABLED: 'true' };

/** Before Envoy 1.29 the default is `~/.aws/credentials` to the letter, and no folder is called `~`. */
export default scenario('credentials/home-folder-not-expanded', {
  title: 'A credentials file in the home folder is never found, as nobody expands its tilde',
  source: ['envoyproxy/envoy#31413', 'gateways.md 3.3'],
  tags: ['credentials', 'file', 'B24'],
  topology(words) {
    const { aws, east } = lambdaFromIstioWith(words, [
      credentialsFile(FIRST_KEY),
      httpbinWith({ environment: ENVIRONMENT, annotations: IN_HOME }),
      manifest('seed-000/gateway.yaml'),
      manifest('seed-000/lambda.yaml'),
    ]);
    return { aws, east: { ...east, istioVersion: '1.20.0', dialect: 'envoy-1.28' } };
  },
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat leaves unsigned', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'MissingAuthenticationTokenException');
      expect(refused).toBeExplainedBy('no-credentials');
    });
    await fix('name the file in full', () => {
      const environment = { ...ENVIRONMENT, AWS_SHARED_CREDENTIALS_FILE: `${HOME}/.aws/credentials` };
      return east.apply(httpbinWith({ environment, annotations: IN_HOME }));
    });
    await step('GET /cat is accepted', () =>
      expect.eventually(callCat, { within: '60s', every: '1s' }).toBeAcceptedBy('lambda'),
    );
  },
});
