import { IAMClient } from '@aws-sdk/client-iam';
import { accessKeySecret } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { CREDENTIALS_SECRET, FIRST_KEY } from '../lambda-from-istio.ts';
import { obedientCat } from '../obedient-cat.ts';
import { createKey, setKeyStatus, SIGNING_POD } from '../rotating-keys.ts';

/**
 * AWS checks a signature when the request arrives and not again: a key may be deactivated under a running function. The restart
 * that the new key needs is another matter. An old pod finishes what it has, but only for Istio's five seconds.
 */
export default scenario('key-rotation/in-flight-while-rotating', {
  title: 'Calls in flight survive the deactivation of their key, and a restart of their pod for five seconds',
  source: ['seed 000', 'gateways.md 3.9'],
  tags: ['credentials', 'rotation', 'drain'],
  topology: (words) => obedientCat(words),
  async run({ aws, east, step, fix, expect, clock }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = (seconds: number) => forward.get(`/cat?seconds=${seconds}`, { host: 'example.com' });
    const iam = aws.createClient(IAMClient);

    await step('GET /cat with the first key', async () => expect(await callCat(0)).toBeAcceptedBy('lambda'));
    const second = await step('create a second key and put it into the Secret', async () => {
      const key = await createKey(iam);
      await east.apply(accessKeySecret(CREDENTIALS_SECRET, key));
      return key;
    });
    await step('deactivate the first key while a function runs', async () => {
      const running = callCat(10);
      await clock.sleep(1_000);
      await setKeyStatus(iam, FIRST_KEY, 'Inactive');
      expect(await running).toBeAcceptedBy('lambda');
    });
    await step('GET /cat is refused', async () => {
      const refused = await callCat(0);
      expect(refused).toBeRefusedBy('lambda', 'UnrecognizedClientException');
      expect(refused).toBeExplainedBy('access-key-inactive');
    });

    await fix('restart the pod that signs', () => east.deletePod(SIGNING_POD));
    await step('restart it again while a function runs for four seconds', async () => {
      const running = callCat(4);
      await clock.sleep(500);
      await east.deletePod(SIGNING_POD);
      expect(await running).toBeAcceptedBy('lambda');
    });
    await step('restart it while a function runs for ten', async () => {
      const running = callCat(10);
      await clock.sleep(500);
      await east.deletePod(SIGNING_POD);
      const cut = await running;
      expect(cut).toHaveStatus(503);
      expect(cut).toBeExplainedBy('pod-stopped', { grade: 'consistent' });
    });
    await step('look back: no request with the second key was refused', () =>
      expect(aws.ledger().find(second.accessKeyId)?.failures).toEqual([]),
    );
  },
});
