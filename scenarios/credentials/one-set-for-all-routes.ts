import { genericSecret, lambdaFunction, manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CREDENTIALS_SECRET, FIRST_KEY } from '../lambda-from-istio.ts';

const DOG_KEY = { accessKeyId: 'AKIAI44QH8DHBEXAMPLE', secretAccessKey: 'je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY' };
const PROFILES = Object.entries({ default: FIRST_KEY, dog: DOG_KEY }).map(
  ([name, key]) =>
    `[${name}]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`,
);

const LAMBDA = manifest('seed-000/lambda.yaml');
const DOG_BY_PROFILE = {
  file: `${LAMBDA.file}, with a profile`,
  text: LAMBDA.text.replace(
    /( +)arn: (.*hello-world-dog)\n/,
    (line: string, indent: string) => `${line}${indent}credentials_profile: dog\n`,
  ),
};

/** The chain belongs to the process, so all its routes sign with the same key. From 1.30 on a route can name a profile of the file. */
export default scenario('credentials/one-set-for-all-routes', {
  title: 'Every route signs with the same key until it names a profile of its own',
  source: ['envoyproxy/envoy#24196', 'envoyproxy/envoy#33293', 'gateways.md 1.1'],
  tags: ['credentials', 'file', 'B32'],
  topology: ({ aws, kubeCluster }) => ({
    aws: aws({
      functions: {
        'hello-world-cat': lambdaFunction('hello-world-cat'),
        'hello-world-dog': lambdaFunction('hello-world-dog'),
      },
      users: { 'lambda-cat': { accessKeys: [FIRST_KEY] }, 'lambda-dog': { accessKeys: [DOG_KEY] } },
    }),
    east: kubeCluster('east', {
      istioVersion: '1.26.0',
      dialect: 'envoy-1.34',
      manifests: [
        genericSecret({ namespace: 'default', name: CREDENTIALS_SECRET }, { credentials: PROFILES.join('') }),
        manifest('key-rotation/httpbin-credentials-file.yaml'),
        manifest('seed-000/gateway.yaml'),
        manifest('seed-000/lambda.yaml'),
      ],
    }),
  }),
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const call = (path: string) => forward.get(path, { host: 'example.com' });

    await step('GET /cat and /dog are signed with one key', async () => {
      expect(await call('/cat')).toBeAcceptedBy('lambda');
      expect(await call('/dog')).toBeAcceptedBy('lambda');
      expect(aws.ledger()).toBeSignedBy(FIRST_KEY.accessKeyId);
    });
    await fix('name the profile "dog" in the route of /dog', () => east.apply(DOG_BY_PROFILE));
    await step('GET /dog is signed with its own key, once connections from before are gone', async () => {
      const callDog = async () => (await call('/dog')) && aws.ledger().keys.at(-1)?.accessKeyId;
      await expect.eventually(callDog, { within: '2m', every: '5s' }).toBe(DOG_KEY.accessKeyId);
      expect(await call('/cat')).toBeAcceptedBy('lambda');
      expect(aws.ledger()).toBeSignedBy(FIRST_KEY.accessKeyId, DOG_KEY.accessKeyId);
    });
  },
});
