import { X509Certificate } from 'node:crypto';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { beforeAll, describe, expect, test } from 'vitest';
import { hashCertificate } from '#core/certificates.ts';
import type { Network } from '#core/network.ts';
import { APP, get, startApp } from '../support/http-app.ts';
import {
  authoritySecret,
  certificateSecret,
  createMeshCertificates,
  GATEWAY_ID,
  HTTPBIN_ID,
  type MeshCertificates,
} from '../support/mesh-certificates.ts';
import { createProxyWorld, POD_IP, type ProxyWorld } from '../support/proxy-world.ts';
import {
  ads,
  agentSecret,
  downstreamTls,
  filter,
  httpManager,
  listener,
  routeTable,
  staticCluster,
  tcpProxy,
} from '../support/resources.ts';

const CLUSTERS = [staticCluster('app', APP.host, APP.port), staticCluster('other', '10.42.0.10', 8080)];
/** What a caller sees of a connection that the proxy closed: which of the two depends on who wrote last. */
const BROKEN_OFF = { code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) as string };
const UNKNOWN_CA = { code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' };
/** Why, and what callers are told up to TLS 1.2 and since, where that differs. */
type Refusal = readonly [reason: RegExp, alert: string, alertOfTls13?: string];
const TLS_INSPECTOR = filter(
  'envoy.filters.listener.tls_inspector',
  'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
  {},
);
const MESH_CONTEXT = {
  alpnProtocols: ['istio-peer-exchange', 'h2', 'http/1.1'],
  tlsCertificateSdsSecretConfigs: [agentSecret('default')],
  combinedValidationContext: {
    defaultValidationContext: {
      matchTypedSubjectAltNames: [{ sanType: 'URI', matcher: { prefix: 'spiffe://cluster.local/' } }],
    },
    validationContextSdsSecretConfig: agentSecret('ROOTCA'),
  },
};
const INBOUND = httpManager({
  forwardClientCertDetails: 'APPEND_FORWARD',
  setCurrentClientCertDetails: { subject: true, dns: true, uri: true },
  routeConfig: routeTable('inbound', 'app'),
});
const MESH_LISTENER = listener('mesh', 8080, {
  filterChains: [
    { filters: [INBOUND], transportSocket: downstreamTls(MESH_CONTEXT, { requireClientCertificate: true }) },
  ],
});

async function open(network: Network, port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ socket: await network.connect('east', { host: POD_IP, port }), ...options } as never);
  socket.on('end', () => socket.end());
  await once(socket, 'secureConnect');
  return socket;
}

const echoXfcc = (network: Network) =>
  startApp(network, (request, response) => void response.end(request.headers['x-forwarded-client-cert'] ?? 'none'));

describe('a listener that terminates TLS', () => {
  let mesh: MeshCertificates;
  beforeAll(async () => {
    mesh = await createMeshCertificates();
  });

  async function startMesh(): Promise<ProxyWorld> {
    const world = await createProxyWorld({ clusters: CLUSTERS, listeners: [MESH_LISTENER] });
    const proxy = await world.start({ secrets: await mesh.secretsOf(HTTPBIN_ID) });
    await proxy.ready;
    return world;
  }

  async function clientOptions(identity: Awaited<ReturnType<MeshCertificates['issue']>>): Promise<ConnectionOptions> {
    return {
      cert: identity.chainPem,
      key: identity.privateKeyPem,
      ca: mesh.authority.certificatePem,
      checkServerIdentity: () => undefined,
      servername: 'outbound.example',
    };
  }

  test('forwards who called, as the caller’s certificate says', async () => {
    await using world = await startMesh();
    await using _ = await echoXfcc(world.network);
    const gateway = await mesh.issue({ uris: [GATEWAY_ID] });
    const { body } = await get(world.network, 8080, { tls: await clientOptions(gateway) });
    expect(body).toBe(`By=${HTTPBIN_ID};Hash=${hashCertificate(gateway.certificatePem)};Subject="";URI=${GATEWAY_ID}`);
  });

  test('gives the subject as RFC 2253 orders it', async () => {
    await using world = await startMesh();
    await using _ = await echoXfcc(world.network);
    const identity = await mesh.issue({
      organization: 'a, b',
      commonName: 'client',
      uris: [GATEWAY_ID],
      dnsNames: ['c.example'],
    });
    const { body } = await get(world.network, 8080, { tls: await clientOptions(identity) });
    expect(body).toContain(`Subject="CN=client,O=a\\, b";URI=${GATEWAY_ID};DNS=c.example`);
  });

  const testRefusal = (name: string, refused: () => Promise<ConnectionOptions>, [reason, ...alerts]: Refusal) =>
    test.each([
      ['TLSv1.2', alerts[0]],
      ['TLSv1.3', alerts[1] ?? alerts[0]],
    ] as const)(`refuses ${name} with an alert of %s, and tells the timeline why`, async (version, alert) => {
      await using world = await startMesh();
      const tls = { ...(await refused()), minVersion: version, maxVersion: version };
      await expect(get(world.network, 8080, { tls })).rejects.toThrow(`alert ${alert}`);
      await world.clock.sleep(1);
      expect(world.eventsOf('connection')).toEqual([
        expect.objectContaining({ phase: 'failed', to: `${POD_IP}:8080`, reason: expect.stringMatching(reason) }),
      ]);
      expect(
        world.network
          .openConnections()
          .filter(({ localPort, remotePort }) => localPort === 8080 || remotePort === 8080),
      ).toEqual([]);
    });

  testRefusal('a caller without a certificate', async () => ({ rejectUnauthorized: false }), [
    /PEER_DID_NOT_RETURN_A_CERTIFICATE \(NO_CERTIFICATE/,
    'handshake failure',
    'certificate required',
  ]);
  testRefusal(
    'a certificate of another root',
    async () => await clientOptions(await mesh.issue({ uris: [GATEWAY_ID] }, mesh.stranger)),
    [
      /^TLS error: 268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED \(UNABLE_TO_VERIFY_LEAF_SIGNATURE: /,
      'unknown ca',
    ],
  );
  testRefusal(
    'an expired certificate',
    async () => await clientOptions(await mesh.issue({ uris: [GATEWAY_ID], notAfter: new Date('2021-01-01') })),
    [/CERT_HAS_EXPIRED: certificate has expired/, 'certificate expired'],
  );
  testRefusal(
    'a certificate that is not yet valid',
    async () => await clientOptions(await mesh.issue({ uris: [GATEWAY_ID], notBefore: new Date('2090-01-01') })),
    [/CERT_NOT_YET_VALID: certificate is not yet valid/, 'certificate expired'],
  );
  testRefusal(
    'a certificate for servers only',
    async () => await clientOptions(await mesh.issue({ uris: [GATEWAY_ID], usage: 'server' })),
    [/INVALID_PURPOSE: unsupported certificate purpose/, 'unsupported certificate'],
  );
  testRefusal(
    'a name that no matcher allows',
    async () => await clientOptions(await mesh.issue({ uris: ['spiffe://elsewhere/ns/a/sa/b'] })),
    [/NAME_MISMATCH: /, 'certificate unknown'],
  );

  test.each(['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'])(
    'encrypts an alert with %s',
    async (ciphers) => {
      await using world = await startMesh();
      const refused = get(world.network, 8080, { tls: { rejectUnauthorized: false, ciphers } });
      await expect(refused).rejects.toMatchObject({ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' });
    },
  );

  test('refuses plain text, and tells the timeline why', async () => {
    await using world = await startMesh();
    await expect(get(world.network, 8080)).rejects.toMatchObject(BROKEN_OFF);
    expect(world.eventsOf('connection')).toMatchObject([
      { reason: expect.stringContaining('268435612:SSL routines:OPENSSL_internal:HTTP_REQUEST') },
    ]);
  });

  test('asks for a certificate and goes on without one where it is not required', async () => {
    const optional = listener('mesh', 8080, {
      filterChains: [{ filters: [INBOUND], transportSocket: downstreamTls(MESH_CONTEXT) }],
    });
    await using world = await createProxyWorld({ clusters: CLUSTERS, listeners: [optional] });
    await using _ = await echoXfcc(world.network);
    const proxy = await world.start({ secrets: await mesh.secretsOf(HTTPBIN_ID) });
    await proxy.ready;
    expect(await get(world.network, 8080, { tls: { rejectUnauthorized: false } })).toMatchObject({ body: 'none' });
    const stranger = await clientOptions(await mesh.issue({ uris: [GATEWAY_ID] }, mesh.stranger));
    await expect(get(world.network, 8080, { tls: stranger })).rejects.toMatchObject(UNKNOWN_CA);
  });

  test.each([
    ['an empty validation context', { validationContext: {} }],
    ['no validation context', {}],
  ])('asks nobody for a certificate with %s, though one is required', async (_, validation) => {
    const context = { tlsCertificateSdsSecretConfigs: [agentSecret('default')], ...validation };
    const demanding = listener('mesh', 8080, {
      filterChains: [
        { filters: [INBOUND], transportSocket: downstreamTls(context, { requireClientCertificate: true }) },
      ],
    });
    await using world = await createProxyWorld({ clusters: CLUSTERS, listeners: [demanding] });
    await using _app = await echoXfcc(world.network);
    const proxy = await world.start({ secrets: await mesh.secretsOf(HTTPBIN_ID) });
    await proxy.ready;
    expect(await get(world.network, 8080, { tls: { rejectUnauthorized: false } })).toMatchObject({ body: 'none' });
  });

  test('chooses the chain, and with it the certificate, by server name and protocol', async () => {
    const secret = (name: string) => ({
      tlsCertificateSdsSecretConfigs: [{ name: `kubernetes://${name}`, sdsConfig: ads() }],
    });
    const gateway = listener('gateway', 8443, {
      listenerFilters: [TLS_INSPECTOR],
      filterChains: [
        {
          filterChainMatch: { serverNames: ['a.example'] },
          filters: [tcpProxy('app')],
          transportSocket: downstreamTls(secret('a')),
        },
        {
          filterChainMatch: { serverNames: ['*.example'], applicationProtocols: ['h2'] },
          filters: [tcpProxy('other')],
          transportSocket: downstreamTls({ ...secret('b'), alpnProtocols: ['h2'] }),
        },
        {
          filterChainMatch: { serverNames: ['*.example'] },
          filters: [tcpProxy('other')],
          transportSocket: downstreamTls(secret('c')),
        },
      ],
    });
    const identities = await Promise.all(['a', 'b', 'c'].map((name) => mesh.issue({ commonName: name })));
    const secrets = identities.map((identity, index) => certificateSecret(`kubernetes://${'abc'[index]}`, identity));
    await using world = await createProxyWorld({ clusters: CLUSTERS, listeners: [gateway], secrets });
    const proxy = await world.start();
    await proxy.ready;
    const nameShown = async (options: ConnectionOptions) => {
      const socket = await open(world.network, 8443, { rejectUnauthorized: false, ...options });
      const subject = socket.getPeerX509Certificate()?.subject;
      const answer = `${subject} ${String(socket.alpnProtocol)}`;
      socket.destroy();
      return answer;
    };
    expect(await nameShown({ servername: 'A.example' })).toBe('CN=a false');
    expect(await nameShown({ servername: 'x.example', ALPNProtocols: ['h2'] })).toBe('CN=b h2');
    expect(await nameShown({ servername: 'x.example', ALPNProtocols: ['http/1.1'] })).toBe('CN=c false');
    await expect(nameShown({ servername: 'elsewhere.test' })).rejects.toMatchObject(BROKEN_OFF);
    expect(world.eventsOf('connection')).toMatchObject([{ reason: 'no matching filter chain found' }]);
  });

  test('passes TLS on untouched where the chain does not terminate it', async () => {
    const passthrough = listener('passthrough', 8443, {
      filterChains: [{ filterChainMatch: { serverNames: ['a.example'] }, filters: [tcpProxy('mesh')] }],
    });
    await using world = await createProxyWorld({
      clusters: [...CLUSTERS, staticCluster('mesh', POD_IP, 8080)],
      listeners: [passthrough, MESH_LISTENER],
    });
    await using _ = await echoXfcc(world.network);
    const proxy = await world.start({ secrets: await mesh.secretsOf(HTTPBIN_ID) });
    await proxy.ready;
    const options = { ...(await clientOptions(await mesh.issue({ uris: [GATEWAY_ID] }))), servername: 'a.example' };
    expect((await get(world.network, 8443, { tls: options })).body).toContain(GATEWAY_ID);
  });

  test('shows a renewed certificate in new handshakes and leaves open connections alone', async () => {
    await using world = await createProxyWorld({ clusters: CLUSTERS, listeners: [MESH_LISTENER] });
    const secrets = await mesh.secretsOf(HTTPBIN_ID);
    const proxy = await world.start({ secrets });
    await proxy.ready;
    const options = await clientOptions(await mesh.issue({ uris: [GATEWAY_ID] }));
    const before = await open(world.network, 8080, options);
    const { chainPem, privateKeyPem } = await mesh.issue({ uris: ['spiffe://cluster.local/ns/default/sa/renewed'] });
    secrets.renew({ chainPem, privateKeyPem, rootPem: mesh.authority.certificatePem });
    const after = await open(world.network, 8080, options);
    expect(before.getPeerX509Certificate()?.subjectAltName).toBe(`URI:${HTTPBIN_ID}`);
    expect(after.getPeerX509Certificate()?.subjectAltName).toBe(new X509Certificate(chainPem).subjectAltName);
    expect(before.destroyed).toBe(false);
    before.destroy();
    after.destroy();
  });

  test('serves without a certificate that never comes: handshakes fail, and the timeline says why', async () => {
    const secret = { name: 'kubernetes://missing', sdsConfig: ads({ initialFetchTimeout: '15s' }) };
    const gateway = listener('gateway', 8443, {
      filterChains: [
        { filters: [tcpProxy('app')], transportSocket: downstreamTls({ tlsCertificateSdsSecretConfigs: [secret] }) },
      ],
    });
    await using world = await createProxyWorld({ clusters: CLUSTERS, listeners: [gateway] });
    const started = world.clock.now();
    const proxy = await world.start();
    await proxy.ready;
    expect(world.clock.now() - started).toBe(15_000);
    await expect(open(world.network, 8443, { rejectUnauthorized: false })).rejects.toMatchObject(BROKEN_OFF);
    expect(world.eventsOf('connection')).toMatchObject([{ reason: 'TLS error: Secret is not supplied by SDS' }]);
    world.ads.configure({
      secrets: [certificateSecret('kubernetes://missing', await mesh.issue({ commonName: 'late' }))],
    });
    await world.clock.sleep(10);
    const socket = await open(world.network, 8443, { rejectUnauthorized: false });
    expect(socket.getPeerX509Certificate()?.subject).toBe('CN=late');
    socket.destroy();
  });

  test('takes a new authority for callers from the control plane', async () => {
    const context = {
      tlsCertificateSdsSecretConfigs: [agentSecret('default')],
      combinedValidationContext: {
        defaultValidationContext: {},
        validationContextSdsSecretConfig: { name: 'kubernetes://credential-cacert', sdsConfig: ads() },
      },
    };
    const gateway = listener('gateway', 8080, {
      filterChains: [
        { filters: [INBOUND], transportSocket: downstreamTls(context, { requireClientCertificate: true }) },
      ],
    });
    await using world = await createProxyWorld({
      clusters: CLUSTERS,
      listeners: [gateway],
      secrets: [authoritySecret('kubernetes://credential-cacert', mesh.stranger)],
    });
    await using _ = await startApp(world.network);
    const proxy = await world.start({ secrets: await mesh.secretsOf(HTTPBIN_ID) });
    await proxy.ready;
    const tls = await clientOptions(await mesh.issue({ commonName: 'a' }));
    await expect(get(world.network, 8080, { tls })).rejects.toMatchObject(UNKNOWN_CA);
    world.ads.configure({ secrets: [authoritySecret('kubernetes://credential-cacert', mesh.authority)] });
    await world.clock.sleep(10);
    expect(await get(world.network, 8080, { tls })).toMatchObject({ status: 200 });
  });
});
