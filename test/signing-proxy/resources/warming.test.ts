import { expect, test } from 'vitest';
import { APP, get, startApp } from '../support/http-app.ts';
import { createProxyWorld } from '../support/proxy-world.ts';
import {
  ads,
  agentSecret,
  assignment,
  downstreamTls,
  edsCluster,
  httpManager,
  listener,
  routeTable,
  staticCluster,
  tcpProxy,
} from '../support/resources.ts';

const ROUTED = listener('http', 8080, {
  filterChains: [{ filters: [httpManager({ rds: { routeConfigName: 'http.8080', configSource: ads() } })] }],
});
const TCP = listener('tcp', 9000, { filterChains: [{ filters: [tcpProxy('app')] }] });

test('acknowledges a listener before it serves, and serves it when its routes are there', async () => {
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [ROUTED],
  });
  await using _ = await startApp(world.network);
  const proxy = await world.start();
  await world.clock.sleep(60_000);
  expect(world.eventsOf('ack').map(({ resourceType }) => resourceType)).toContain('LDS');
  expect(world.eventsOf('warming')).toMatchObject([
    { resourceType: 'LDS', resource: 'http', waitsFor: ['RDS "http.8080"'] },
  ]);
  expect(world.eventsOf('serving').map(({ resource }) => resource)).toEqual(['app']);
  await expect(get(world.network, 8080)).rejects.toMatchObject({ code: 'ECONNREFUSED' });

  world.ads.configure({ routes: [routeTable('http.8080', 'app')] });
  await proxy.ready;
  expect(world.eventsOf('serving').map(({ resourceType, resource }) => `${resourceType} ${resource}`)).toEqual([
    'CDS app',
    'RDS http.8080',
    'LDS http',
  ]);
  expect(await get(world.network, 8080)).toEqual({ status: 200, body: 'hello' });
});

test('gives up waiting for routes after the time their source allows', async () => {
  const impatient = listener('http', 8080, {
    filterChains: [
      {
        filters: [
          httpManager({ rds: { routeConfigName: 'http.8080', configSource: ads({ initialFetchTimeout: '3s' }) } }),
        ],
      },
    ],
  });
  await using world = await createProxyWorld({ clusters: [], listeners: [impatient] });
  const started = world.clock.now();
  const proxy = await world.start();
  await proxy.ready;
  expect(world.clock.now() - started).toBe(3000);
  expect(await get(world.network, 8080)).toMatchObject({ status: 404 });
});

test('keeps the serving listener until its successor is warm', async () => {
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [TCP],
  });
  await using _ = await startApp(world.network);
  const proxy = await world.start();
  await proxy.ready;
  world.ads.configure({
    listeners: [{ ...ROUTED, name: 'tcp', address: { socketAddress: { address: '0.0.0.0', portValue: 9000 } } }],
  });
  await world.clock.sleep(1000);
  expect(world.eventsOf('warming')).toMatchObject([{ resource: 'tcp', waitsFor: ['RDS "http.8080"'] }]);
  expect(await get(world.network, 9000)).toEqual({ status: 200, body: 'hello' });
  world.ads.configure({ routes: [routeTable('http.8080', 'nowhere')] });
  await world.clock.sleep(1000);
  expect(await get(world.network, 9000)).toMatchObject({ status: 503 });
});

test('waits for endpoints, and takes later ones without a new cluster', async () => {
  await using world = await createProxyWorld({ clusters: [edsCluster('app')], listeners: [TCP] });
  await using one = await startApp(world.network, 'one');
  await using two = await startApp(world.network, 'two', { host: '10.42.0.10', port: 8080 });
  const proxy = await world.start();
  await world.clock.sleep(1000);
  expect(world.eventsOf('warming')).toMatchObject([{ resourceType: 'CDS', resource: 'app', waitsFor: ['EDS "app"'] }]);
  world.ads.configure({ endpoints: [assignment('app', [APP.host, APP.port])] });
  await proxy.ready;
  expect(await get(world.network, 9000)).toMatchObject({ body: 'one' });
  world.ads.configure({ endpoints: [assignment('app', ['10.42.0.10', 8080])] });
  await world.clock.sleep(1000);
  expect(await get(world.network, 9000)).toMatchObject({ body: 'two' });
  expect([one.connections(), two.connections()]).toEqual([1, 1]);
});

test('asks for endpoints, routes and secrets by the names in clusters and listeners, and no longer when those go', async () => {
  const secure = listener('tls', 8443, {
    filterChains: [
      {
        filters: [tcpProxy('app')],
        transportSocket: downstreamTls({
          tlsCertificateSdsSecretConfigs: [{ name: 'kubernetes://cert', sdsConfig: ads() }],
        }),
      },
    ],
  });
  await using world = await createProxyWorld({
    clusters: [edsCluster('app', { edsClusterConfig: { edsConfig: ads(), serviceName: 'service' } })],
    listeners: [ROUTED, secure],
  });
  await world.start();
  await world.clock.sleep(1000);
  const labels = world.eventsOf('warming').flatMap(({ waitsFor }) => waitsFor);
  expect(labels).toEqual(['EDS "service"', 'RDS "http.8080"', 'SDS "kubernetes://cert"']);
  world.ads.configure({ clusters: [], listeners: [] });
  await world.clock.sleep(1000);
  world.ads.configure({ endpoints: [assignment('service')], routes: [routeTable('http.8080', 'app')] });
  await world.clock.sleep(1000);
  expect(world.eventsOf('serving')).toEqual([]);
});

test('does not wait for what the agent beside a proxy would answer', async () => {
  const secure = listener('tls', 8443, {
    filterChains: [
      {
        filters: [tcpProxy('app')],
        transportSocket: downstreamTls({ tlsCertificateSdsSecretConfigs: [agentSecret('default')] }),
      },
    ],
  });
  await using world = await createProxyWorld({ clusters: [], listeners: [secure] });
  const proxy = await world.start();
  await proxy.ready;
  expect(world.eventsOf('warming')).toEqual([]);
});

test('does nothing about a resource that comes again unchanged', async () => {
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [TCP],
  });
  const proxy = await world.start();
  await proxy.ready;
  world.ads.configure({ clusters: [staticCluster('app', APP.host, APP.port)], listeners: [TCP] });
  await world.clock.sleep(1000);
  expect(world.eventsOf('serving')).toHaveLength(2);
  expect(world.eventsOf('ack')).toHaveLength(4);
});
