import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { lambdaFromIstio } from '../lambda-from-istio.ts';

const CALLS = 50;

/**
 * A canary between functions needs one upstream cluster and two filter configurations: each weight may carry its own. Which request goes
 * where is chance, and with the same seed the same chance.
 */
export default scenario('routing/weighted-functions', {
  title: 'Weights with a filter configuration each share a route between two functions',
  source: ['gateways.md 1.1', 'envoyproxy/data-plane-api envoy/config/route/v3/route_components.proto'],
  tags: ['routing', 'weights'],
  topology: lambdaFromIstio,
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat stays with the cat', () => expect.always(callCat, { during: '1s' }).toHaveBody('meow'));
    await fix('give the dog three of ten', () => east.apply(manifest('routing/weighted-functions.yaml')));
    await step('GET /cat reaches the dog, too', () => expect.eventually(callCat, { within: '3s' }).toHaveBody('woof'));
    await step(`about fifteen of ${CALLS} reach the dog`, async () => {
      let dogs = 0;
      for (let call = 0; call < CALLS; call++) if ((await callCat()).text() === 'woof') dogs++;
      // Almost four standard deviations to each side.
      expect(dogs).toBeGreaterThanOrEqual(3);
      expect(dogs).toBeLessThanOrEqual(27);
      expect(await callCat()).toBeAcceptedBy('lambda');
    });
  },
});
