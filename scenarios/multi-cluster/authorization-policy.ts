import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { applyAndPush, connectSecurely, SLEEP, twoClusters } from '../two-clusters.ts';

/** With one ALLOW policy on a workload everything that no rule names is denied, and a path without `*` is the whole path. */
export default scenario('multi-cluster/authorization-policy', {
  title: 'An AuthorizationPolicy at the gateway denies what its paths do not name exactly',
  source: ['seed 002, section 6'],
  tags: ['authorization'],
  topology: (words) => twoClusters(words),
  async run({ aws, eks, gke, step, fix, expect, clock, random }) {
    const call = (path: string) => gke.exec(SLEEP).get(`lambda.external${path}`);

    await step('connect the clusters', () => connectSecurely({ eks, gke, clock, random }));
    await step('allow GET /hello at the ingress gateway', () =>
      applyAndPush(eks, clock, [manifest('multi-cluster/allow-exact-path.yaml')]),
    );
    await step('curl lambda.external/hello-world is denied', async () => {
      const denied = await call('/hello-world');
      expect(denied).toHaveStatus(403);
      expect(denied).toHaveBody('RBAC: access denied');
      expect(denied).toBeExplainedBy('access-denied');
      expect(aws.invocations('hello-world')).toHaveLength(0);
    });

    await fix('allow GET /hello*', () => applyAndPush(eks, clock, [manifest('multi-cluster/allow-path-prefix.yaml')]));
    await step('curl lambda.external/hello-world reaches the function', async () =>
      expect(await call('/hello-world')).toHaveStatus(200),
    );
    await step('curl lambda.external/get is still denied', async () => expect(await call('/get')).toHaveStatus(403));
  },
});
