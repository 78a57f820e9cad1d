import { expect, test } from 'vitest';
import { ClusterSchema, ListenerSchema, SecretSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';
import { APP, get, startApp } from '../support/http-app.ts';
import { authoritySecret, certificateSecret, createMeshCertificates } from '../support/mesh-certificates.ts';
import { createProxyWorld } from '../support/proxy-world.ts';
import { downstreamTls, edsCluster, httpManager, listener, routeTable, staticCluster } from '../support/resources.ts';

const ROUTES = httpManager({ routeConfig: routeTable('inline', 'app') });

function resources(listeners: object[], clusters: object[], secrets: object[] = []) {
  return {
    listeners: listeners.map((json) => fromProtoJson(ListenerSchema, json)),
    clusters: clusters.map((json) => fromProtoJson(ClusterSchema, json)),
    secrets: secrets.map((json) => fromProtoJson(SecretSchema, json)),
  };
}

const CLUSTER = staticCluster('app', APP.host, APP.port);
const LISTENER = listener('in', 8080, { filterChains: [{ filters: [ROUTES] }] });

test('serves static resources without a control plane', async () => {
  await using world = await createProxyWorld();
  await using _ = await startApp(world.network);
  const proxy = await world.start({ controlPlane: undefined, staticResources: resources([LISTENER], [CLUSTER]) });
  await proxy.ready;
  expect(await get(world.network, 8080)).toEqual({ status: 200, body: 'hello' });
});

test('keeps static resources when discovery sends its own', async () => {
  await using world = await createProxyWorld({ clusters: [], listeners: [] });
  await using _ = await startApp(world.network);
  const proxy = await world.start({ staticResources: resources([LISTENER], [CLUSTER]) });
  await proxy.ready;
  expect(await get(world.network, 8080)).toEqual({ status: 200, body: 'hello' });
});

test('finds its control plane through a static cluster', async () => {
  await using world = await createProxyWorld({ clusters: [CLUSTER], listeners: [LISTENER] });
  await using _ = await startApp(world.network);
  const { host, port } = world.ads.address;
  const staticResources = resources([], [staticCluster('xds', host, port)]);
  const proxy = await world.start({ controlPlane: { cluster: 'xds' }, staticResources });
  await proxy.ready;
  expect(await get(world.network, 8080)).toEqual({ status: 200, body: 'hello' });
});

test('puts static secrets where they are named', async () => {
  const mesh = await createMeshCertificates();
  const server = await mesh.issue({ dnsNames: ['app.example'] });
  const client = await mesh.issue({ dnsNames: ['client.example'] });
  const transportSocket = downstreamTls(
    { tlsCertificateSdsSecretConfigs: [{ name: 'own' }], validationContextSdsSecretConfig: { name: 'ca' } },
    { requireClientCertificate: true },
  );
  const secured = listener('in', 8443, { filterChains: [{ filters: [ROUTES], transportSocket }] });
  const secrets = [certificateSecret('own', server), authoritySecret('ca', mesh.authority)];
  await using world = await createProxyWorld();
  await using _ = await startApp(world.network);
  await world.start({ controlPlane: undefined, staticResources: resources([secured], [CLUSTER], secrets) });
  const tls = { ca: mesh.authority.certificatePem, cert: client.chainPem, key: client.privateKeyPem };
  expect(await get(world.network, 8443, { tls })).toEqual({ status: 200, body: 'hello' });
  const { cert: _cert, key: _key, ...stranger } = tls;
  await expect(get(world.network, 8443, { tls: stranger })).rejects.toMatchObject({
    code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
  });
});

test('refuses to start with a resource that cannot be used, and says which', async () => {
  await using world = await createProxyWorld();
  const broken = { ...edsCluster('broken'), edsClusterConfig: undefined };
  const staticResources = resources([], [CLUSTER, JSON.parse(JSON.stringify(broken)) as object]);
  await expect(world.start({ controlPlane: undefined, staticResources })).rejects.toMatchObject({
    list: 'clusters',
    index: 1,
    message: 'cannot create an EDS cluster without an EDS config',
  });
});
