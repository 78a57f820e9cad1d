import { latePush } from '#harness/faults/push-faults.ts';
import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { HTTPBIN, twoHttpbins } from '../before-lambda.ts';

/**
 * "Some requests would work and then some would fail then eventually stabilize." Every proxy is told by itself, and istiod calls one
 * that it has not got round to SYNCED: nothing that was sent is unanswered.
 */
export default scenario('sync/flapping-after-apply', {
  title: 'After an apply calls work and fail in turn until both replicas have it',
  source: ['seed 000', 'gateways.md 5.9, 1 and 6', 'istio/istio#10933'],
  tags: ['sync', 'seed-000', 'B57'],
  topology: (words) => twoHttpbins(words),
  async run({ east, step, fault, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callTenTimes = async () => {
      const answers = [];
      for (let count = 0; count < 10; count++) answers.push(await forward.get('/cat', { host: 'example.com' }));
      return answers;
    };

    await fault('the push to one of two pods is 20 s late', () =>
      east.pushFault({ pods: HTTPBIN, replica: 1 }, latePush(20_000)),
    );
    await step('apply the EnvoyFilter that turns /cat into a Lambda call', async () => {
      await east.apply(manifest('seed-000/lambda.yaml'));
      await expect.eventually(() => forward.get('/cat', { host: 'example.com' })).toHaveStatus(200);
    });
    await step('GET /cat works and fails in turn', async () => {
      const answers = await callTenTimes();
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 404]));
      const missed = answers.find(({ status }) => status === 404);
      expect(missed).toBeExplainedBy('push-not-sent', { grade: 'likely' });
    });
    await step('proxy-status calls every listener SYNCED', async () => {
      for (const { ldsStatus } of await east.proxyStatus()) expect(ldsStatus).toBe('SYNCED');
      expect(await east.sync(HTTPBIN)).not.toHaveAcked('LDS');
    });

    await fix('wait until both pods serve it', () =>
      expect.eventually(() => east.sync(HTTPBIN), { within: '30s' }).toBeServing(),
    );
    await step('GET /cat works every time once no connection to the old listener is left', () =>
      expect
        .eventually(() => forward.get('/cat', { host: 'example.com' }), { within: '5s', inARow: 20 })
        .toHaveBody('meow'),
    );
  },
});
