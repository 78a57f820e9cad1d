import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { httpbinWith } from '../credential-sources.ts';
import { lambdaFromIstioWith } from '../lambda-from-istio.ts';

const DISABLED = httpbinWith({ environment: { AWS_EC2_METADATA_DISABLED: 'true' } });

/** On a laptop nothing answers at 169.254.169.254. Envoy tries four times for five seconds, with a second's pause after each: for every request. */
export default scenario('credentials/metadata-black-hole', {
  title: 'Where no instance metadata answers, every request waits 24 s before it leaves unsigned',
  source: ['envoyproxy/envoy#13904', 'seed 000', 'gateways.md 3.5'],
  tags: ['credentials', 'metadata', 'seed-000', 'B22'],
  topology: (words) =>
    lambdaFromIstioWith(words, [httpbinWith({}), manifest('seed-000/gateway.yaml'), manifest('seed-000/lambda.yaml')]),
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat is refused after 24 s, and again', async () => {
      for (const refused of [await callCat(), await callCat()]) {
        expect(refused).toBeRefusedBy('lambda', 'MissingAuthenticationTokenException');
        expect(Math.floor(refused.durationMs / 1000)).toBe(24);
        expect(refused).toBeExplainedBy('no-credentials');
      }
    });
    await fix('switch the metadata off', () => east.apply(DISABLED));
    await step('GET /cat is refused at once', async () => {
      await expect
        .eventually(async () => (await callCat()).durationMs, { within: '2m', every: '1s' })
        .toBeLessThan(1_000);
      expect(await callCat()).toBeLeftUnsigned();
    });
  },
});
