import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createSecureContext } from 'node:tls';
import { exportJWK, SignJWT, type JWTPayload } from 'jose';
import type { Authority } from '#core/certificates.ts';
import { createHttp1Server } from '#core/http.ts';
import { acceptTls } from '#mock-aws/accept-tls.ts';
import type { MockAwsWorld } from '#test/support/mock-aws-world.ts';

export const ISSUER = 'https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE';
export const SUBJECT = 'system:serviceaccount:gateways:envoy';

export interface TokenOptions {
  readonly claims?: JWTPayload;
  readonly without?: readonly string[];
  readonly lifeSeconds?: number;
  readonly keyId?: string;
  readonly key?: KeyObject;
}

/** Issues tokens as a KubeCluster does, and publishes its keys. */
export interface TokenIssuer {
  readonly jwks: { keys: object[] };
  /** How often a document was asked for. */
  readonly requests: string[];
  /** SHA-1 of its certificate. */
  readonly thumbprint: string;
  createToken(options?: TokenOptions): Promise<string>;
}

export interface IssuerOptions {
  readonly algorithm?: 'RS256' | 'ES256';
  /** Who issues the certificate. Default: the authority STS trusts. */
  readonly authority?: Authority;
  /** Answers in place of the documents. */
  readonly answer?: RequestListener;
}

export async function startTokenIssuer(world: MockAwsWorld, options: IssuerOptions = {}): Promise<TokenIssuer> {
  const { algorithm = 'ES256' } = options;
  const { privateKey, publicKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'key-1', use: 'sig', alg: algorithm }] as object[] };
  const requests: string[] = [];
  const certificatePem = await publish(world, options, (request, response) => {
    requests.push(request.url ?? '');
    const discovery = { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` };
    response.end(JSON.stringify(request.url?.endsWith('/keys') === true ? jwks : discovery));
  });
  return {
    jwks,
    requests,
    thumbprint: new X509Certificate(certificatePem).fingerprint.replaceAll(':', ''),
    createToken: async ({ claims = {}, without = [], lifeSeconds = 3600, keyId = 'key-1', key = privateKey } = {}) => {
      const now = Math.floor(world.clock.now() / 1000);
      const all: JWTPayload = {
        iss: ISSUER,
        sub: SUBJECT,
        aud: ['sts.amazonaws.com'],
        iat: now,
        nbf: now,
        exp: now + lifeSeconds,
        ...claims,
      };
      for (const name of without) delete all[name];
      return await new SignJWT(all).setProtectedHeader({ alg: algorithm, kid: keyId }).sign(key);
    },
  };
}

async function publish(world: MockAwsWorld, options: IssuerOptions, serveDocuments: RequestListener): Promise<string> {
  const { hostname } = new URL(ISSUER);
  const { certificatePem, chainPem, privateKeyPem } = await (options.authority ?? world.authority).issue({
    dnsNames: [hostname],
  });
  const context = createSecureContext({ cert: chainPem, key: privateKeyPem });
  const server = createHttp1Server(options.answer ?? serveDocuments);
  world.network.addName('*', hostname, ['203.0.113.7']);
  await world.network.listen('internet', { host: '203.0.113.7', port: 443 }, (connection) => {
    acceptTls(connection, context, {
      onSecure: (secured) => server.emit('connection', secured),
      onError: () => connection.destroy(),
    });
  });
  return certificatePem;
}
