import { request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createNetworkAgent } from '#core/http.ts';
import { APP, get, startApp } from '../support/http-app.ts';
import { createProxyWorld, POD_ZONE, type ProxyWorld } from '../support/proxy-world.ts';
import { httpManager, listener, routeTable, staticCluster } from '../support/resources.ts';

const ADMIN = { host: '127.0.0.1', port: 15_000 };
const MANAGER = httpManager({ statPrefix: 'in', routeConfig: routeTable('inline', 'app') });
const LISTENER = listener('in', 8080, { filterChains: [{ filters: [MANAGER] }] });

async function startServing() {
  const world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [LISTENER],
  });
  const app = await startApp(world.network);
  const proxy = await world.start({ admin: ADMIN });
  await proxy.ready;
  return {
    world,
    proxy,
    ask: (path: string, method = 'GET') => ask(world, path, method),
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

async function ask({ network }: ProxyWorld, path: string, method = 'GET') {
  const agent = createNetworkAgent(network, POD_ZONE);
  const outgoing = request({ agent, ...ADMIN, path, method, headers: { connection: 'close' } }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
}

test('is not ready before the first configuration has come', async () => {
  await using world = await createProxyWorld();
  const proxy = await world.start({ admin: ADMIN, controlPlane: { host: '10.9.9.9', port: 1 } });
  expect(await ask(world, '/ready')).toEqual({ status: 503, body: 'PRE_INITIALIZING\n' });
  expect(proxy.adminAddress).toEqual(ADMIN);
});

test('tells that it is live, and that it drains', async () => {
  await using rig = await startServing();
  expect(await rig.ask('/ready')).toEqual({ status: 200, body: 'LIVE\n' });
  expect(await rig.ask('/drain_listeners')).toMatchObject({ status: 405 });
  expect(await rig.ask('/drain_listeners', 'POST')).toEqual({ status: 200, body: 'OK\n' });
  expect(await rig.ask('/ready')).toEqual({ status: 503, body: 'DRAINING\n' });
  await expect(get(rig.world.network, 8080)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('lists listeners, clusters and their endpoints', async () => {
  await using rig = await startServing();
  expect((await rig.ask('/listeners')).body).toBe('in::10.42.0.5:8080\n');
  expect(JSON.parse((await rig.ask('/listeners?format=json')).body)).toEqual({
    listener_statuses: [{ name: 'in', local_address: { socket_address: { address: '10.42.0.5', port_value: 8080 } } }],
  });
  const { body } = await rig.ask('/clusters');
  expect(body.split('\n')).toEqual(
    expect.arrayContaining([
      'app::default_priority::max_connections::1024',
      'app::10.42.0.9:8080::health_flags::healthy',
      'app::10.42.0.9:8080::weight::1',
    ]),
  );
});

test('dumps what was accepted in proto field names', async () => {
  await using rig = await startServing();
  const { configs } = JSON.parse((await rig.ask('/config_dump')).body) as { configs: Record<string, unknown>[] };
  expect(configs).toEqual(
    expect.arrayContaining([
      {
        '@type': 'type.googleapis.com/envoy.admin.v3.ClustersConfigDump',
        dynamic_active_clusters: [
          {
            version_info: expect.any(String) as string,
            cluster: expect.objectContaining({ connect_timeout: '10s' }) as object,
          },
        ],
      },
      {
        '@type': 'type.googleapis.com/envoy.admin.v3.ListenersConfigDump',
        dynamic_listeners: [expect.objectContaining({ name: 'in' })],
      },
    ]),
  );
});

test('counts, as text, as JSON and for Prometheus', async () => {
  await using rig = await startServing();
  await get(rig.world.network, 8080);
  expect((await rig.ask('/stats?filter=upstream_rq_total')).body).toBe('cluster.app.upstream_rq_total: 1\n');
  expect(JSON.parse((await rig.ask('/stats?format=json&usedonly&filter=2xx')).body)).toEqual({
    stats: [
      { name: 'cluster.app.upstream_rq_2xx', value: 1 },
      { name: 'http.in.downstream_rq_2xx', value: 1 },
    ],
  });
  const lines = (await rig.ask('/stats/prometheus')).body.split('\n');
  expect(lines).toContain('# TYPE envoy_cluster_upstream_rq_total counter');
  expect(lines).toContain('envoy_cluster_upstream_rq_total{envoy_cluster_name="app"} 1');
  expect(lines).toContain(
    'envoy_http_downstream_rq_xx{envoy_response_code_class="2",envoy_http_conn_manager_prefix="in"} 1',
  );
});

test('changes log levels', async () => {
  await using rig = await startServing();
  expect((await rig.ask('/logging?http=debug', 'POST')).body).toBe('active loggers:\n  warning,http:debug\n');
  expect(rig.proxy.log.isEnabled('debug', 'http')).toBe(true);
  await rig.ask('/logging?level=error', 'POST');
  expect(rig.proxy.log.isEnabled('warning', 'http')).toBe(false);
});

test('names its paths when asked for another', async () => {
  await using rig = await startServing();
  const { status, body } = await rig.ask('/nothing');
  expect(status).toBe(404);
  expect(body).toContain('  /config_dump\n');
});
