import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createServiceAccountTokens } from '#harness/backends/embedded/tokens/service-account-tokens.ts';
import { getKubeClusterIssuer } from '#harness/kube-cluster-issuer.ts';
import { aws, kubeCluster, type KubeClusterOptions } from '#harness/topology.ts';
import { trustService } from '#scenarios/credential-sources.ts';
import { trustServiceAccount } from '#scenarios/web-identity.ts';
import { startEmbedded } from './support/start-embedded.ts';

const ISSUER = getKubeClusterIssuer('east');
const ROLE_ARN = 'arn:aws:iam::123456789012:role/lambda-caller';
const SLEEP = {
  file: 'sleep.yaml',
  text: `apiVersion: apps/v1
kind: Deployment
metadata: { name: sleep }
spec:
  selector: { matchLabels: { app: sleep } }
  template:
    metadata: { labels: { app: sleep } }
    spec:
      containers: [{ name: sleep, image: curlimages/curl }]
`,
};

const start = (options: KubeClusterOptions = {}) =>
  startEmbedded({
    aws: aws({
      oidcProviders: [{ url: ISSUER }],
      roles: {
        'lambda-caller': { trustPolicy: trustServiceAccount([ISSUER], 'default', 'httpbin') },
        node: { trustPolicy: trustService('ec2.amazonaws.com') },
      },
      instance: { role: 'node' },
    }),
    east: kubeCluster('east', { gateway: false, manifests: [SLEEP], ...options }),
  });

test('STS fetches the keys of a KubeCluster and accepts the tokens of its service accounts', async () => {
  await using world = await start();
  const pod = { name: 'httpbin-1', namespace: 'default', serviceAccount: 'httpbin' };
  const tokens = createServiceAccountTokens(ISSUER, 0, createRandom('any'));
  const issuedAt = world.clock.now();
  const token = tokens.issue({ pod, audience: 'sts.amazonaws.com', lifeSeconds: 3600, issuedAt });
  const request = { RoleArn: ROLE_ARN, RoleSessionName: 'test', WebIdentityToken: token };
  const sts = world.parts.aws.createClient(STSClient);
  await expect(sts.send(new AssumeRoleWithWebIdentityCommand(request))).resolves.toMatchObject({
    SubjectFromWebIdentityToken: 'system:serviceaccount:default:httpbin',
  });
  const other = tokens.issue({
    pod: { ...pod, serviceAccount: 'sleep' },
    audience: 'sts.amazonaws.com',
    lifeSeconds: 3600,
    issuedAt,
  });
  await expect(sts.send(new AssumeRoleWithWebIdentityCommand({ ...request, WebIdentityToken: other }))).rejects.toThrow(
    'Not authorized to perform sts:AssumeRoleWithWebIdentity',
  );
});

test('pods reach the instance metadata where the nodes have it', async () => {
  await using world = await start({ credentialEndpoints: ['metadata'] });
  const call = world.parts.east.exec({ labels: { app: 'sleep' } });
  const role = await call.get('169.254.169.254/latest/meta-data/iam/security-credentials/');
  expect([role.status, role.text()]).toEqual([200, 'node']);
});

test('elsewhere nothing answers', async () => {
  await using world = await start();
  const call = world.parts.east.exec({ labels: { app: 'sleep' } });
  await expect(call.get('169.254.169.254/latest/meta-data/', { timeoutMs: 1000 })).rejects.toThrow(/1000/);
});
