import { scenario } from '#harness/scenario.ts';
import { httpbinWith, onEc2 } from '../credential-sources.ts';
import { SIGNING_POD } from '../rotating-keys.ts';

/** The metadata fetcher of 1.29 and 1.30 multiplies its hour by 3600 once more than it should: keys without an expiry are kept 150 days. */
export default scenario('credentials/kept-for-3600-hours', {
  title: 'Keys from the instance metadata are used long after they have ended',
  source: ['envoyproxy/envoy#34138', 'envoyproxy/envoy#33962', 'gateways.md 3.8'],
  tags: ['credentials', 'metadata', 'B25'],
  topology: (words) =>
    onEc2(words, {
      dialect: 'envoy-1.30',
      workload: httpbinWith({ hasAsyncClient: true }),
      instance: { lifetimeMs: 60 * 60_000 },
    }),
  async run({ aws, east, step, fix, expect, clock }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat with the keys of the node', async () => expect(await callCat()).toBeAcceptedBy('lambda'));
    await step('wait two hours', () => clock.sleep(2 * 60 * 60_000));
    await step('GET /cat is refused, and an hour later too', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'ExpiredTokenException');
      expect(refused).toBeExplainedBy('session-token-expired');
      await clock.sleep(60 * 60_000);
      expect(await callCat()).toBeRefusedBy('lambda', 'ExpiredTokenException');
      expect(aws.ledger().keys).toHaveLength(1);
    });
    await fix('restart the pod that signs', () => east.deletePod(SIGNING_POD));
    await step('GET /cat with newer keys', () => expect.eventually(callCat).toBeAcceptedBy('lambda'));
  },
});
