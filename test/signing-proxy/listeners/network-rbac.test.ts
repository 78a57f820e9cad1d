import { once } from 'node:events';
import { expect, test } from 'vitest';
import { APP, startApp } from '../support/http-app.ts';
import { createProxyWorld, POD_IP } from '../support/proxy-world.ts';
import { filter, listener, staticCluster, tcpProxy } from '../support/resources.ts';

const guard = (addressPrefix: string) =>
  filter('envoy.filters.network.rbac', 'envoy.extensions.filters.network.rbac.v3.RBAC', {
    statPrefix: 'tcp.',
    rules: {
      policies: {
        peers: { permissions: [{ any: true }], principals: [{ directRemoteIp: { addressPrefix, prefixLen: 8 } }] },
      },
    },
  });

async function talk(addressPrefix: string): Promise<string> {
  await using world = await createProxyWorld({
    clusters: [staticCluster('app', APP.host, APP.port)],
    listeners: [listener('tcp', 9000, { filterChains: [{ filters: [guard(addressPrefix), tcpProxy('app')] }] })],
  });
  await using _ = await startApp(world.network);
  await (
    await world.start()
  ).ready;
  const connection = await world.network.connect('east', { host: POD_IP, port: 9000 }, { source: '10.42.0.7' });
  let received = '';
  connection.on('error', () => {});
  connection.on('data', (chunk: Buffer) => (received += chunk.toString()));
  connection.write('GET / HTTP/1.1\r\nhost: app\r\nconnection: close\r\n\r\n');
  await once(connection, 'end');
  connection.destroy();
  return received;
}

test('lets through the connections that its rules allow', async () => {
  expect(await talk('10.0.0.0')).toMatch(/^HTTP\/1\.1 200 OK[^]*hello/);
});

test('closes others with their first byte', async () => {
  expect(await talk('192.0.0.0')).toBe('');
});
