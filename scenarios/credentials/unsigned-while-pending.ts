import type { KubeCluster } from '#harness/backends/backend.ts';
import { scenario } from '#harness/scenario.ts';
import { SIGNING_POD } from '../rotating-keys.ts';
import { webIdentityTwice } from '../web-identity.ts';

/** A pod is ready before its keys are. Up to Envoy 1.33 keys that have not come yet count as none; from 1.34 on requests wait. */
export default scenario('credentials/unsigned-while-pending', {
  title: 'Requests that come before the first keys leave unsigned, until Envoy 1.34 lets them wait',
  source: ['envoyproxy/envoy#38360', 'gateways.md 3.8'],
  tags: ['credentials', 'web-identity', 'sts', 'B29'],
  topology: (words) => webIdentityTwice(words, { before: 'envoy-1.30', after: 'envoy-1.34' }),
  async run({ aws, east, west, step, fault, expect, clock }) {
    const [old, repaired] = await step('forward 127.0.0.1:9080 and 9081 to the load balancers', async () => [
      await east.portForward(9080, 'istio-ingressgateway', 80),
      await west.portForward(9081, 'istio-ingressgateway', 80),
    ]);
    const callOld = async () => await old?.get('/cat', { host: 'example.com' });
    const callRepaired = async () => await repaired?.get('/cat', { host: 'example.com' });
    await step('GET /cat with keys for the role', async () => {
      expect(await callOld()).toBeAcceptedBy('lambda');
      expect(await callRepaired()).toBeAcceptedBy('lambda');
    });

    await fault('let STS take 900 ms', () => aws.fail('sts', { kind: 'slow', delayMs: 900 }));
    /** A call to the new pod while the old one drains. */
    const callDuringRestart = async (kubeCluster: KubeCluster, call: typeof callOld) => {
      const restarted = kubeCluster.deletePod(SIGNING_POD);
      await clock.sleep(500);
      const answer = await call();
      await restarted;
      return answer;
    };
    const early = await step('restart the pod that signs with Envoy 1.30, and GET /cat from the new one at once', () =>
      callDuringRestart(east, callOld),
    );
    const waiting = await step('do the same with Envoy 1.34', () => callDuringRestart(west, callRepaired));
    await step('Envoy 1.30 has sent it unsigned', async () => {
      expect(early).toBeRefusedBy('lambda', 'MissingAuthenticationTokenException');
      expect(early).toBeExplainedBy('no-credentials');
      expect(await callOld()).toBeAcceptedBy('lambda');
    });
    await step('Envoy 1.34 has let it wait for the keys', () => {
      expect(waiting).toBeAcceptedBy('lambda');
      expect(waiting?.durationMs).toBeGreaterThan(200);
    });
  },
});
