import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PodFacts } from '#control-plane/kube/environment.ts';
import type { Instant } from '#core/clock.ts';
import type { Random } from '#core/random.ts';

export interface TokenRequest {
  readonly pod: Pick<PodFacts, 'name' | 'namespace' | 'serviceAccount'>;
  /** Default: the API server's. */
  readonly audience: string | undefined;
  readonly lifeSeconds: number;
  readonly issuedAt: Instant;
}

/** Issues the tokens of one KubeCluster's service accounts, and publishes what they are checked with. */
export interface ServiceAccountTokens {
  readonly issuer: string;
  /** A JWT, signed with RS256: the same request gives the same bytes. */
  issue(request: TokenRequest): string;
  /** The documents below the issuer's URL by path, `/.well-known/openid-configuration` and `/keys`. */
  readonly documents: ReadonlyMap<string, object>;
}

const KEYS = fileURLToPath(new URL('../../../../fixtures/service-account-keys/', import.meta.url));
const KEY_COUNT = 4;
const API_AUDIENCE = 'https://kubernetes.default.svc.cluster.local';
const NODE = 'node-0';

/**
 * @param index how many clusters started before: each has a key of its own, as far as the fixtures go
 */
export function createServiceAccountTokens(issuer: string, index: number, random: Random): ServiceAccountTokens {
  let key: SigningKey | undefined;
  const getKey = () => (key ??= readSigningKey(1 + (index % KEY_COUNT)));

  return {
    issuer,
    issue: (request) => signToken(createClaims(request, issuer, random), getKey()),
    get documents() {
      return createDocuments(issuer, getKey());
    },
  };
}

interface SigningKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

function readSigningKey(number: number): SigningKey {
  const privateKey = createPrivateKey(readFileSync(`${KEYS}key-${number}.pem`));
  const publicKey = createPublicKey(privateKey);
  // As the API server names its keys (kubernetes/kubernetes `pkg/serviceaccount/jwt.go`).
  const id = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return { id, privateKey, publicKey };
}

/** The claims of aws.md 5.1, times in whole seconds. */
function createClaims({ pod, audience, lifeSeconds, issuedAt }: TokenRequest, issuer: string, random: Random): object {
  const { name, namespace, serviceAccount } = pod;
  const iat = Math.floor(issuedAt / 1000);
  const uidOf = (kind: string, of: string) => random.fork(`uid/${kind}/${of}`).uuid();
  return {
    aud: [audience ?? API_AUDIENCE],
    exp: iat + lifeSeconds,
    iat,
    iss: issuer,
    jti: random.fork(`jti/${namespace}/${name}/${audience}/${issuedAt}`).uuid(),
    'kubernetes.io': {
      namespace,
      node: { name: NODE, uid: uidOf('node', NODE) },
      pod: { name, uid: uidOf('pod', `${namespace}/${name}`) },
      serviceaccount: { name: serviceAccount, uid: uidOf('serviceaccount', `${namespace}/${serviceAccount}`) },
    },
    nbf: iat,
    sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
  };
}

function signToken(claims: object, { id, privateKey }: SigningKey): string {
  const content = `${encode({ alg: 'RS256', kid: id })}.${encode(claims)}`;
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), privateKey).toString('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function createDocuments(issuer: string, { id, publicKey }: SigningKey): ReadonlyMap<string, object> {
  const jwk = publicKey.export({ format: 'jwk' });
  return new Map<string, object>([
    [
      '/.well-known/openid-configuration',
      {
        issuer,
        jwks_uri: `${issuer}/keys`,
        authorization_endpoint: 'urn:kubernetes:programmatic_authorization',
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        claims_supported: ['sub', 'iss'],
      },
    ],
    ['/keys', { keys: [{ kty: 'RSA', kid: id, use: 'sig', alg: 'RS256', n: jwk.n, e: jwk.e }] }],
  ]);
}
