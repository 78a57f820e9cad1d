import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { createHttp1Server } from '#core/http.ts';
import type { Network } from '#core/network.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { APP } from '../support/http-app.ts';
import { createMeshCertificates, GATEWAY_ID, HTTPBIN_ID, type MeshCertificates } from '../support/mesh-certificates.ts';
import { agentSecret, assignment, staticCluster, upstreamTls } from '../support/resources.ts';
import { createUpstreamWorld, fetchText, send } from '../support/upstream-world.ts';

const VERIFY_FAILED = 'TLS error: 268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED';

/** What the endpoint learned in the handshake, as the answer to every request. */
const describeHandshake = (socket: TLSSocket) =>
  [
    socket.servername,
    socket.alpnProtocol,
    socket.getPeerX509Certificate()?.subjectAltName ?? 'no certificate',
    socket.getProtocol(),
  ].join(' ');

async function startTlsApp(network: Network, options: TlsOptions): Promise<AsyncDisposable> {
  const http = createHttp1Server(
    (request, response) => void response.end(describeHandshake(request.socket as TLSSocket)),
  );
  const tls = createServer({ rejectUnauthorized: false, ...options }, (socket) => http.emit('connection', socket));
  const listener = await network.listen('east', APP, (connection) => tls.emit('connection', connection));
  return {
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await listener.close();
    },
  };
}

describe('a cluster that speaks TLS', () => {
  let mesh: MeshCertificates;
  let server: TlsOptions;
  beforeAll(async () => {
    mesh = await createMeshCertificates();
    const { chainPem: cert, privateKeyPem: key } = await mesh.issue({ uris: [HTTPBIN_ID], dnsNames: ['app.example'] });
    server = { cert, key, ca: mesh.authority.certificatePem, requestCert: true };
  });

  const trusting = (authority: { certificatePem: string }, more: object = {}) => ({
    validationContext: { trustedCa: { inlineString: authority.certificatePem }, ...more },
  });
  const cluster = (common: object, more: object = {}, options: object = {}) =>
    staticCluster('app', APP.host, APP.port, { transportSocket: upstreamTls(common, more), ...options });

  async function answerOf(config: object): Promise<string> {
    await using world = createUpstreamWorld(await mesh.secretsOf(GATEWAY_ID));
    await using _ = await startTlsApp(world.network, server);
    return await fetchText(world.start(config), { authority: 'app.example:8443' });
  }

  async function failureOf(config: object, options: TlsOptions = server): Promise<object> {
    await using world = createUpstreamWorld(await mesh.secretsOf(GATEWAY_ID));
    await using _ = await startTlsApp(world.network, options);
    return await send(world.start(config)).then(
      () => ({}),
      (error: object) => error,
    );
  }

  test('sends the configured server name, and HTTP/1.1 in ALPN', async () => {
    expect(await answerOf(cluster(trusting(mesh.authority), { sni: 'lambda.us-east-1.amazonaws.com' }))).toBe(
      'lambda.us-east-1.amazonaws.com false no certificate TLSv1.2',
    );
    server = { ...server, ALPNProtocols: ['http/1.1'] };
    expect(await answerOf(cluster(trusting(mesh.authority), { sni: 'a.example' }))).toContain('a.example http/1.1');
    const { ALPNProtocols: _, ...rest } = server;
    server = rest;
  });

  test('sends no server name unless it has one', async () => {
    expect(await answerOf(cluster(trusting(mesh.authority)))).toMatch(/^false /);
  });

  test('sends the request’s host as server name with auto_sni', async () => {
    expect(
      await answerOf(
        cluster(trusting(mesh.authority), { sni: 'other.example' }, { upstreamHttpProtocolOptions: { autoSni: true } }),
      ),
    ).toMatch(/^app\.example /);
  });

  test('goes up to TLS 1.3 when told to', async () => {
    expect(
      await answerOf(cluster({ ...trusting(mesh.authority), tlsParams: { tlsMaximumProtocolVersion: 'TLSv1_3' } })),
    ).toContain('TLSv1.3');
  });

  test('shows the workload certificate and Istio’s protocols inside the mesh', async () => {
    const mtls = upstreamTls({
      alpnProtocols: ['istio-peer-exchange', 'istio'],
      tlsCertificateSdsSecretConfigs: [agentSecret('default')],
      combinedValidationContext: {
        defaultValidationContext: { matchTypedSubjectAltNames: [{ sanType: 'URI', matcher: { exact: HTTPBIN_ID } }] },
        validationContextSdsSecretConfig: agentSecret('ROOTCA'),
      },
    });
    server = { ...server, ALPNProtocols: ['istio-http/1.1', 'istio'] };
    const config = staticCluster('app', APP.host, APP.port, {
      transportSocketMatches: [
        { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket: mtls },
        { name: 'tlsMode-disabled', match: {}, transportSocket: { name: 'envoy.transport_sockets.raw_buffer' } },
      ],
      loadAssignment: assignment('app', [
        APP.host,
        APP.port,
        { metadata: { filterMetadata: { 'envoy.transport_socket_match': { tlsMode: 'istio' } } } },
      ]),
    });
    expect(await answerOf(config)).toBe(`false istio-http/1.1 URI:${GATEWAY_ID} TLSv1.2`);
    const { ALPNProtocols: _, ...rest } = server;
    server = rest;
  });

  test('speaks plain text to an endpoint outside the mesh', async () => {
    const config = staticCluster('app', APP.host, APP.port, {
      transportSocketMatches: [
        { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket: upstreamTls({}) },
      ],
    });
    expect(await failureOf(config)).toMatchObject({ reason: 'connection termination' });
  });

  test('checks no name unless told to', async () => {
    expect(await answerOf(cluster(trusting(mesh.authority), { sni: 'unrelated.example' }))).toContain(
      'unrelated.example',
    );
  });

  test('accepts any certificate with an empty validation context', async () => {
    expect(await answerOf(cluster({ validationContext: {} }))).toContain('TLSv1.2');
  });

  test('accepts a name that matches and refuses one that does not', async () => {
    const named = (exact: string) => cluster(trusting(mesh.authority, { matchSubjectAltNames: [{ exact }] }));
    expect(await answerOf(named('app.example'))).toContain('TLSv1.2');
    expect(await failureOf(named('other.example'))).toMatchObject({ flag: 'UF', transportFailure: VERIFY_FAILED });
  });

  test('demands the server name among the names with auto_san_validation', async () => {
    const options = { upstreamHttpProtocolOptions: { autoSni: true, autoSanValidation: true } };
    expect(await answerOf(cluster(trusting(mesh.authority), {}, options))).toMatch(/^app\.example /);
  });

  test('refuses a certificate of another root, as Envoy words it', async () => {
    const error = await failureOf(cluster(trusting(mesh.stranger)));
    expect(error).toMatchObject({
      reason: 'connection failure',
      flag: 'UF',
      retryKind: 'connect-failure',
      transportFailure: VERIFY_FAILED,
      message: `connection failure, transport failure reason: ${VERIFY_FAILED}`,
    });
  });

  test('refuses an expired certificate unless it may be expired', async () => {
    const { chainPem: cert, privateKeyPem: key } = await mesh.issue({
      commonName: 'old',
      notAfter: new Date('2021-01-01'),
    });
    expect(await failureOf(cluster(trusting(mesh.authority)), { ...server, cert, key })).toMatchObject({
      transportFailure: VERIFY_FAILED,
    });
    expect(
      await failureOf(cluster(trusting(mesh.authority, { allowExpiredCertificate: true })), { ...server, cert, key }),
    ).toEqual({});
  });

  test('tells when the endpoint speaks plain text', async () => {
    await using world = createUpstreamWorld();
    const plain = createHttp1Server(() => {});
    await world.network.listen('east', APP, (connection) => plain.emit('connection', connection));
    await expect(send(world.start(cluster(trusting(mesh.authority))))).rejects.toMatchObject({
      transportFailure: 'TLS error: 268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER',
    });
    plain.closeAllConnections();
  });

  test('tells when a secret was never supplied', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startTlsApp(world.network, server);
    const config = cluster({ tlsCertificateSdsSecretConfigs: [agentSecret('default')] });
    await expect(send(world.start(config))).rejects.toMatchObject({
      flag: 'UF',
      transportFailure: 'TLS error: Secret is not supplied by SDS',
    });
  });

  test('gives up a handshake that is never answered after the connect timeout', async () => {
    await using world = createUpstreamWorld();
    await world.network.listen('east', APP, (connection) => void connection.resume());
    const started = world.clock.now();
    await expect(send(world.start(cluster(trusting(mesh.authority))))).rejects.toMatchObject({
      reason: 'connection failure',
      flag: 'UF',
    });
    expect(world.clock.now() - started).toBe(10_000);
    await world.clock.sleep(1);
    expect(world.network.openConnections().filter(({ remotePort }) => remotePort === APP.port)).toEqual([]);
  });
});
