import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createServiceAccountTokens } from '#harness/backends/embedded/tokens/service-account-tokens.ts';
import { getKubeClusterIssuer } from '#harness/kube-cluster-issuer.ts';

const ISSUER = getKubeClusterIssuer('east');
const REQUEST = {
  pod: { name: 'httpbin-1', namespace: 'default', serviceAccount: 'httpbin' },
  audience: 'sts.amazonaws.com',
  lifeSeconds: 86_400,
  issuedAt: Date.UTC(2026, 0, 1),
};

const create = (index = 0, seed = 'a') => createServiceAccountTokens(ISSUER, index, createRandom(seed));
const readPart = (token: string, part: number): unknown =>
  JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString());

test('issues tokens with the claims of EKS, that its published keys verify', () => {
  const tokens = create();
  const token = tokens.issue(REQUEST);
  expect(readPart(token, 1)).toMatchObject({
    aud: ['sts.amazonaws.com'],
    exp: 1_767_312_000,
    iat: 1_767_225_600,
    iss: ISSUER,
    sub: 'system:serviceaccount:default:httpbin',
    'kubernetes.io': { namespace: 'default', pod: { name: 'httpbin-1' }, serviceaccount: { name: 'httpbin' } },
  });
  const { keys } = tokens.documents.get('/keys') as { keys: (JsonWebKey & { kid: string })[] };
  const [key] = keys;
  expect(readPart(token, 0)).toEqual({ alg: 'RS256', kid: key?.kid });
  const [head, claims, signature = ''] = token.split('.');
  const publicKey = createPublicKey({ key: key ?? {}, format: 'jwk' });
  const isRight = verify(
    'RSA-SHA256',
    Buffer.from(`${head}.${claims}`),
    publicKey,
    Buffer.from(signature, 'base64url'),
  );
  expect(isRight).toBe(true);
});

test('says where the keys are', () => {
  expect(create().documents.get('/.well-known/openid-configuration')).toMatchObject({
    issuer: ISSUER,
    jwks_uri: `${ISSUER}/keys`,
  });
  expect(ISSUER).toMatch(/^https:\/\/oidc\.eks\.us-east-1\.amazonaws\.com\/id\/[0-9A-F]{32}$/);
});

test('gives the same bytes for the same seed, another id for another, and each cluster its own key', () => {
  expect(create().issue(REQUEST)).toBe(create().issue(REQUEST));
  expect(create(0, 'b').issue(REQUEST)).not.toBe(create().issue(REQUEST));
  expect(create(1).documents.get('/keys')).not.toEqual(create(0).documents.get('/keys'));
});
