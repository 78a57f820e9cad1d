import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { webIdentity } from '../web-identity.ts';

const TWO_HOURS_MS = 2 * 60 * 60_000;

/**
 * The kubelet replaces the token after 80 % of its life and Envoy reads the file for each exchange. A mount by `subPath` is a
 * copy made at start: when the keys are renewed after an hour the token in it is over, and STS takes it no more.
 */
export default scenario('key-rotation/token-rotated', {
  title: 'A token that is mounted by subPath is never replaced, and the keys end with it',
  source: ['kgateway-dev/kgateway#5253', 'gateways.md 3.6', 'aws.md 3.2 and 5.1'],
  tags: ['credentials', 'rotation', 'web-identity', 'sts', 'B33'],
  topology: (words) => webIdentity(words, manifest('web-identity/httpbin-token-by-sub-path.yaml')),
  async run({ aws, east, step, fix, expect, clock }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat with keys for the role', async () => expect(await callCat()).toBeAcceptedBy('lambda'));
    await step('wait until the keys and the token are over', () => clock.sleep(61 * 60_000));
    await step('GET /cat leaves unsigned, as STS refuses the old token', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'MissingAuthenticationTokenException');
      expect(refused).toBeExplainedBy('no-credentials');
      let log = '';
      for await (const { text } of east.logs({ namespace: 'default', labels: { app: 'httpbin' } })) log += `${text}\n`;
      expect(log).toContain('ExpiredToken');
    });

    await fix('mount the folder of the token', () => east.apply(manifest('web-identity/httpbin-token-folder.yaml')));
    await step('GET /cat is accepted', () =>
      expect.eventually(callCat, { within: '60s', every: '1s' }).toBeAcceptedBy('lambda'),
    );
    await step('GET /cat two hours later is accepted with the keys of a newer token', async () => {
      await clock.sleep(TWO_HOURS_MS);
      expect(await callCat()).toBeAcceptedBy('lambda');
      expect(aws.ledger().keys.length).toBeGreaterThanOrEqual(3);
    });
  },
});
