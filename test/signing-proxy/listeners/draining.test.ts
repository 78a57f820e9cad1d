import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { Connection } from '#core/connection.ts';
import { APP, get } from '../support/http-app.ts';
import { createProxyWorld, POD_IP, type ProxyWorld } from '../support/proxy-world.ts';
import { listener, staticCluster, tcpProxy } from '../support/resources.ts';

const LISTENER = listener('tcp', 9000, { filterChains: [{ filters: [tcpProxy('echo')] }] });

async function startEcho(): Promise<ProxyWorld> {
  const world = await createProxyWorld({
    clusters: [staticCluster('echo', APP.host, APP.port)],
    listeners: [LISTENER],
  });
  await world.network.listen('east', APP, (connection) => void connection.on('error', () => {}).pipe(connection));
  const proxy = await world.start();
  await proxy.ready;
  return world;
}

async function open(world: ProxyWorld): Promise<Connection> {
  const connection = await world.network.connect('east', { host: POD_IP, port: 9000 });
  await echo(connection, 'hello');
  return connection;
}

async function echo(connection: Connection, text: string): Promise<void> {
  connection.write(text);
  expect(String((await once(connection, 'data'))[0])).toBe(text);
}

test('keeps the connections of a removed listener for the drain time and takes no new ones', async () => {
  await using world = await startEcho();
  const connection = await open(world);
  const closed = once(connection, 'end');
  const removedAt = world.clock.now();
  world.ads.configure({ listeners: [] });
  await world.clock.sleep(10_000);
  await expect(get(world.network, 9000)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await echo(connection, 'still here');
  await closed;
  expect(world.clock.now() - removedAt).toBe(45_000);
  connection.destroy();
});

test('keeps old connections on the old listener while new ones get the new', async () => {
  await using world = await startEcho();
  const connection = await open(world);
  world.ads.configure({ listeners: [listener('tcp', 9000, { filterChains: [{ filters: [tcpProxy('nowhere')] }] })] });
  await world.clock.sleep(1000);
  await echo(connection, 'old chain');
  const next = await world.network.connect('east', { host: POD_IP, port: 9000 });
  await once(next.resume(), 'end');
  expect(connection.readableEnded).toBe(false);
  connection.destroy();
  next.destroy();
});

test('passes the end of one direction on and leaves the other open', async () => {
  await using world = await startEcho();
  const connection = await open(world);
  connection.end('last words');
  expect(String((await once(connection, 'data'))[0])).toBe('last words');
  await once(connection, 'end');
  await world.clock.sleep(1);
  expect(world.network.openConnections().filter(({ remotePort }) => remotePort === APP.port)).toEqual([]);
});

test('ends a connection that is idle for an hour', async () => {
  await using world = await startEcho();
  const connection = await open(world);
  const openedAt = world.clock.now();
  await once(connection, 'end');
  expect(world.clock.now() - openedAt).toBe(3_600_000);
  connection.destroy();
});

test('closes the connection of a caller whose endpoint refuses', async () => {
  await using world = await createProxyWorld({
    clusters: [staticCluster('echo', APP.host, APP.port)],
    listeners: [LISTENER],
  });
  world.network.addHost('east', APP.host);
  const proxy = await world.start();
  await proxy.ready;
  const connection = await world.network.connect('east', { host: POD_IP, port: 9000 });
  await once(connection.resume(), 'end');
  connection.destroy();
  expect(world.eventsOf('connection')).toMatchObject([{ phase: 'refused', to: '10.42.0.9:8080' }]);
});
