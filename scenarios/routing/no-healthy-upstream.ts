import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CAT, obedientCat } from '../obedient-cat.ts';

/** A selector with a typing error leaves a Service without endpoints. Its upstream cluster exists, so the answer is not NC, nor 404. */
export default scenario('routing/no-healthy-upstream', {
  title: 'A Service that selects no pod is 503 UH',
  source: ['gateways.md 4.3'],
  tags: ['routing', 'endpoints'],
  topology: (words) => obedientCat(words),
  async run({ aws, east, step, fault, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await fault('let the Service select "htpbin"', () => east.apply(manifest('routing/service-without-pods.yaml')));
    await step('GET /cat finds no endpoint', async () => {
      await expect.eventually(callCat, { within: '3s' }).toHaveBody('no healthy upstream');
      const before = aws.invocations(CAT).length;
      const unserved = await callCat();
      expect(unserved).toHaveStatus(503);
      expect(unserved).toBeExplainedBy('no-healthy-upstream');
      expect(aws.invocations(CAT)).toHaveLength(before);
    });

    await fix('select "httpbin" again', () => east.apply(manifest('seed-000/httpbin.yaml')));
    await step('GET /cat is answered', () => expect.eventually(callCat, { within: '3s' }).toBeAcceptedBy('lambda'));
  },
});
