import { reorderedPush } from '#harness/faults/push-faults.ts';
import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { INGRESS, oneHttpbin } from '../before-lambda.ts';

const subsets = (name: string) => manifest('sync/subsets.yaml', { SUBSET: name });
const routeTo = (name: string) => manifest('sync/route-to-subset.yaml', { SUBSET: name });

/** Clusters and routes are messages of their own. A route that comes first names a cluster that is not there. */
export default scenario('sync/route-before-cluster', {
  title: 'A route that arrives before its cluster answers 503, unless the cluster was made first',
  source: ['istio/istio#29310', 'gateways.md 5.9, 5'],
  tags: ['sync', 'destination-rule', 'B56'],
  topology: (words) => oneHttpbin(words, [subsets('green'), routeTo('blue')]),
  async run({ east, step, fault, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const call = () => forward.get('/status/200', { host: 'example.com' });

    await fault('what a push sends last comes first', () => east.pushFault({ pods: INGRESS }, reorderedPush(500)));
    await step('make subset "red" and route to it at once', async () => {
      await east.apply(subsets('red'));
      await east.apply(routeTo('red'));
    });
    await step('calls are 503 until the cluster comes', async () => {
      await expect.eventually(call).toHaveStatus(503);
      expect(await call()).toBeExplainedBy('push-not-sent', { grade: 'consistent' });
      await expect.eventually(call).toHaveStatus(200);
    });

    await step('route to "blue" again', async () => {
      await east.apply(routeTo('blue'));
      await expect.eventually(() => east.sync(INGRESS)).toBeServing();
    });
    await fix('make subset "violet", and wait until the gateway serves it', async () => {
      await east.apply(subsets('violet'));
      await expect.eventually(() => east.sync(INGRESS)).toBeServing('CDS', 'EDS');
    });
    await step('route to "violet": every call is 200', async () => {
      await east.apply(routeTo('violet'));
      await expect.always(call, { during: '5s' }).toHaveStatus(200);
      expect(await call()).toBeServedUpToDate();
    });
  },
});
