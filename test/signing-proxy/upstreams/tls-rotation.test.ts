import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { beforeAll, describe, expect, test } from 'vitest';
import { createHttp1Server } from '#core/http.ts';
import type { Network } from '#core/network.ts';
import type { Identity } from '#core/certificates.ts';
import { createLocalSecrets } from '#signing-proxy/secrets/local-secrets.ts';
import { APP } from '../support/http-app.ts';
import { createMemoryFiles } from '../support/memory-files.ts';
import { createMeshCertificates, type MeshCertificates } from '../support/mesh-certificates.ts';
import { agentSecret, staticCluster, upstreamTls } from '../support/resources.ts';
import { createRevokingAuthority, type RevokingAuthority } from '../support/revoking-authority.ts';
import { createUpstreamWorld, fetchText, send } from '../support/upstream-world.ts';

/** Answers with the common name of the certificate that it was shown, over a connection for each request if asked to. */
async function startTlsApp(network: Network, options: TlsOptions): Promise<AsyncDisposable> {
  const http = createHttp1Server((request, response) => {
    if (request.headers['x-last'] !== undefined) response.setHeader('connection', 'close');
    const { CN: name } = (request.socket as TLSSocket).getPeerCertificate().subject ?? {};
    response.end(typeof name === 'string' ? name : 'nobody');
  });
  const tls = createServer({ requestCert: true, rejectUnauthorized: false, ...options }, (socket) =>
    http.emit('connection', socket),
  );
  const listener = await network.listen('east', APP, (connection) => tls.emit('connection', connection));
  return {
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await listener.close();
    },
  };
}

const LAST = { headers: [['x-last', 'true']] } as const;
const FILES = 'file-cert:/etc/certs/cert.pem~/etc/certs/key.pem';

const clusterWith = (common: object) =>
  staticCluster('app', APP.host, APP.port, { transportSocket: upstreamTls(common) });

describe('a cluster whose certificate changes', () => {
  let mesh: MeshCertificates;
  let server: TlsOptions;
  let old: Identity;
  let renewed: Identity;
  beforeAll(async () => {
    mesh = await createMeshCertificates();
    const { chainPem: cert, privateKeyPem: key } = await mesh.issue({ commonName: 'app' });
    server = { cert, key };
    old = await mesh.issue({ commonName: 'old' });
    renewed = await mesh.issue({ commonName: 'renewed' });
  });

  test('shows the new one on new connections, while those that are open go on', async () => {
    const rootPem = mesh.authority.certificatePem;
    const secrets = createLocalSecrets({ ...old, rootPem });
    await using world = createUpstreamWorld(secrets);
    await using _ = await startTlsApp(world.network, server);
    const cluster = world.start(clusterWith({ tlsCertificateSdsSecretConfigs: [agentSecret('default')] }));
    expect(await fetchText(cluster)).toBe('old');
    secrets.renew({ ...renewed, rootPem });
    expect(await fetchText(cluster, LAST)).toBe('old');
    expect(await fetchText(cluster)).toBe('renewed');
  });

  test('reads files that change, once certificate and key fit together', async () => {
    const files = createMemoryFiles({ '/etc/certs/cert.pem': old.chainPem, '/etc/certs/key.pem': old.privateKeyPem });
    await using world = createUpstreamWorld(undefined, { files });
    await using _ = await startTlsApp(world.network, server);
    const cluster = world.start(clusterWith({ tlsCertificateSdsSecretConfigs: [agentSecret(FILES)] }));
    expect(await fetchText(cluster, LAST)).toBe('old');
    files.write('/etc/certs/cert.pem', renewed.chainPem);
    expect(await fetchText(cluster, LAST)).toBe('old');
    files.write('/etc/certs/key.pem', renewed.privateKeyPem);
    expect(await fetchText(cluster, LAST)).toBe('renewed');
  });

  test('waits for files that are not there', async () => {
    const files = createMemoryFiles();
    await using world = createUpstreamWorld(undefined, { files });
    await using _ = await startTlsApp(world.network, server);
    const cluster = world.start(clusterWith({ tlsCertificateSdsSecretConfigs: [agentSecret(FILES)] }));
    await expect(send(cluster)).rejects.toMatchObject({
      transportFailure: expect.stringContaining('not supplied by SDS'),
    });
    files.write('/etc/certs/cert.pem', old.chainPem);
    files.write('/etc/certs/key.pem', old.privateKeyPem);
    expect(await fetchText(cluster)).toBe('old');
  });

  test('trusts another authority once its file says so', async () => {
    const files = createMemoryFiles({ '/etc/certs/root.pem': mesh.stranger.certificatePem });
    await using world = createUpstreamWorld(undefined, { files });
    await using _ = await startTlsApp(world.network, server);
    const cluster = world.start(
      clusterWith({ validationContextSdsSecretConfig: agentSecret('file-root:/etc/certs/root.pem') }),
    );
    await expect(send(cluster)).rejects.toMatchObject({ flag: 'UF' });
    files.write('/etc/certs/root.pem', mesh.authority.certificatePem);
    expect(await fetchText(cluster)).toBe('nobody');
  });
});

describe('a list of revoked certificates', () => {
  let authority: RevokingAuthority;
  let good: TlsOptions;
  let bad: TlsOptions;
  let crl: string;
  beforeAll(async () => {
    authority = await createRevokingAuthority();
    const [one, other] = [await authority.issue('good'), await authority.issue('bad')];
    good = { cert: one.certificatePem, key: one.privateKeyPem };
    bad = { cert: other.certificatePem, key: other.privateKeyPem };
    crl = await authority.revoke(other);
  });

  const trusting = (more: object = {}) =>
    clusterWith({ validationContext: { trustedCa: { inlineString: authority.certificatePem }, ...more } });

  async function ask(options: TlsOptions, config: object): Promise<string> {
    await using world = createUpstreamWorld();
    await using _ = await startTlsApp(world.network, options);
    return await fetchText(world.start(config)).catch((error: unknown) => String(error));
  }

  test('refuses what it names, and nothing else', async () => {
    expect(await ask(bad, trusting())).toBe('nobody');
    expect(await ask(bad, trusting({ crl: { inlineString: crl } }))).toContain('CERTIFICATE_VERIFY_FAILED');
    expect(await ask(good, trusting({ crl: { inlineString: crl } }))).toBe('nobody');
  });

  test('is refused when it cannot be read, or stands alone', async () => {
    await using world = createUpstreamWorld();
    const garbage = { crl: { inlineString: 'nothing' } };
    expect(() => world.start(trusting(garbage))).toThrow('Failed to load CRL from <inline>');
    expect(() => world.start(clusterWith({ validationContext: garbage }))).toThrow(
      'Failed to load CRL from <inline> without trusted CA',
    );
  });
});
