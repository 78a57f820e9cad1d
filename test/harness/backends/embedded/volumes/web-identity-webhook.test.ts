import { expect, test } from 'vitest';
import { addApiAccess } from '#harness/backends/embedded/volumes/api-access.ts';
import { addWebIdentity } from '#harness/backends/embedded/volumes/web-identity-webhook.ts';

const PROXY = { container: { name: 'istio-proxy' }, volumes: [] };
const ROLE = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/caller' };

test('adds the role, the token and its volume, as the webhook of EKS does', () => {
  const { container, volumes } = addWebIdentity(PROXY, { serviceAccount: ROLE, pod: {}, region: 'eu-west-1' });
  expect(Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]))).toEqual({
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_REGION: 'eu-west-1',
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/caller',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token',
  });
  const token = { audience: 'sts.amazonaws.com', expirationSeconds: 86_400, path: 'token' };
  expect(volumes).toEqual([{ name: 'aws-iam-token', projected: { sources: [{ serviceAccountToken: token }] } }]);
});

test('takes audience, life and endpoints from the annotations', () => {
  const serviceAccount = {
    ...ROLE,
    'eks.amazonaws.com/audience': 'mine',
    'eks.amazonaws.com/sts-regional-endpoints': 'true',
    'eks.amazonaws.com/token-expiration': '7200',
  };
  const pod = { 'eks.amazonaws.com/token-expiration': '300' };
  const { container, volumes } = addWebIdentity(PROXY, { serviceAccount, pod, region: 'us-east-1' });
  expect(container.env).toContainEqual({ name: 'AWS_STS_REGIONAL_ENDPOINTS', value: 'regional' });
  expect(volumes).toMatchObject([
    { projected: { sources: [{ serviceAccountToken: { audience: 'mine', expirationSeconds: 600 } }] } },
  ]);
});

test('leaves variables that are there alone, and containers that are to be skipped', () => {
  const own = { name: 'AWS_ROLE_ARN', value: 'mine' };
  const withOwn = { container: { name: 'istio-proxy', env: [own] }, volumes: [] };
  const added = addWebIdentity(withOwn, { serviceAccount: ROLE, pod: {}, region: 'us-east-1' });
  expect((added.container.env ?? []).filter(({ name }) => name === 'AWS_ROLE_ARN')).toEqual([own]);
  const pod = { 'eks.amazonaws.com/skip-containers': 'other, istio-proxy' };
  expect(addWebIdentity(PROXY, { serviceAccount: ROLE, pod, region: 'us-east-1' })).toBe(PROXY);
  expect(addWebIdentity(PROXY, { serviceAccount: {}, pod: {}, region: 'us-east-1' })).toBe(PROXY);
});

test('mounts the token for the API server once', () => {
  const once = addApiAccess(PROXY);
  expect(once.container.volumeMounts).toMatchObject([{ mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }]);
  expect(addApiAccess(once)).toEqual(once);
});
