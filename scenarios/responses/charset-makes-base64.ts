import { scenario } from '#harness/scenario.ts';
import { CAT, obedientCat } from '../obedient-cat.ts';

const BODY = '{"name":"tom"}';

/** The filter takes a body for text when its content type is exactly `application/json`; with a charset behind it, it is base64. */
export default scenario('responses/charset-makes-base64', {
  title: 'A JSON body with a charset in its content type reaches the function in base64',
  source: ['gateways.md 1.5'],
  tags: ['request', 'payload', 'B47'],
  topology: (words) => obedientCat(words),
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    let contentType = 'application/json; charset=utf-8';
    const post = async () => {
      const answer = await forward.post('/cat', BODY, {
        host: 'example.com',
        headers: { 'content-type': contentType },
      });
      expect(answer).toBeAcceptedBy('lambda');
      return aws.invocations(CAT).at(-1)?.event;
    };

    await step('POST /cat with a charset', async () =>
      expect(await post()).toMatchObject({ body: Buffer.from(BODY).toString('base64'), is_base64_encoded: true }),
    );
    await fix('drop the charset', () => {
      contentType = 'application/json';
    });
    await step('POST /cat reaches the function as text', async () =>
      expect(await post()).toMatchObject({ body: BODY, is_base64_encoded: false }),
    );
  },
});
