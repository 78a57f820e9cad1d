import { constants, createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { Network } from '#core/network.ts';
import { APP } from '../support/http-app.ts';
import { staticCluster } from '../support/resources.ts';
import { createUpstreamWorld, fetchText, send } from '../support/upstream-world.ts';

const CLUSTER = staticCluster('app', APP.host, APP.port, {
  typedExtensionProtocolOptions: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicitHttpConfig: { http2ProtocolOptions: {} },
    },
  },
});

interface Http2App extends AsyncDisposable {
  readonly server: Http2Server;
  connections: number;
}

async function startHttp2App(network: Network, onStream: (stream: ServerHttp2Stream) => void): Promise<Http2App> {
  const server = createServer();
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    onStream(stream);
  });
  const app = { server, connections: 0, [Symbol.asyncDispose]: () => listener.close() };
  const listener = await network.listen('east', APP, (connection) => {
    app.connections++;
    server.emit('connection', connection);
  });
  return app;
}

describe('a cluster that speaks HTTP/2', () => {
  test('sends requests of a cluster over one connection', async () => {
    await using world = createUpstreamWorld();
    await using app = await startHttp2App(world.network, (stream) => {
      stream.respond({ ':status': 201, 'x-a': '1' });
      stream.end('made');
    });
    const cluster = world.start(CLUSTER);
    const { headers, body } = await send(cluster);
    expect([headers.get(':status'), headers.get('x-a'), await text(body)]).toEqual(['201', '1', 'made']);
    await Promise.all([fetchText(cluster), fetchText(cluster)]);
    expect(app.connections).toBe(1);
  });

  test('sends bodies, and leaves out what HTTP/2 forbids', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startHttp2App(world.network, (stream) => {
      stream.respond();
      stream.pipe(stream);
    });
    const request = {
      method: 'POST',
      body: Buffer.from('abc'),
      headers: [
        ['connection', 'keep-alive'],
        ['te', 'gzip'],
      ] as const,
    };
    expect(await fetchText(world.start(CLUSTER), request)).toBe('abc');
  });

  test('gives trailers', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startHttp2App(world.network, (stream) => {
      stream.respond({}, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end();
    });
    const { body, trailers } = await send(world.start(CLUSTER));
    await text(body);
    expect((await trailers)?.get('grpc-status')).toBe('0');
  });

  const testReset = (name: string, code: number, error: object) =>
    test(`tells a stream that is ${name}`, async () => {
      await using world = createUpstreamWorld();
      await using _ = await startHttp2App(world.network, (stream) => stream.close(code));
      await expect(send(world.start(CLUSTER))).rejects.toMatchObject(error);
    });

  testReset('reset', constants.NGHTTP2_INTERNAL_ERROR, { reason: 'remote reset', flag: 'UR', retryKind: 'reset' });
  testReset('refused', constants.NGHTTP2_REFUSED_STREAM, {
    reason: 'remote refused stream reset',
    flag: 'UR',
    retryKind: 'refused-stream',
  });

  test('tells a connection that is gone', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startHttp2App(world.network, (stream) => stream.session?.destroy());
    await expect(send(world.start(CLUSTER))).rejects.toMatchObject({ reason: 'connection termination', flag: 'UC' });
  });

  test('breaks the body off when the stream is reset', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startHttp2App(world.network, (stream) => {
      stream.respond();
      stream.write('half', () => stream.destroy(new Error('broken')));
    });
    const { body } = await send(world.start(CLUSTER));
    await expect(text(body)).rejects.toMatchObject({ reason: 'remote reset' });
  });

  test('resets the stream of a request that is aborted, and keeps the connection', async () => {
    await using world = createUpstreamWorld();
    await using app = await startHttp2App(world.network, () => {});
    const cluster = world.start(CLUSTER);
    const controller = new AbortController();
    const answer = send(cluster, { signal: controller.signal });
    world.clock.setTimer(100, () => controller.abort(new Error('timed out')));
    await expect(answer).rejects.toThrow('timed out');
    app.server.on('stream', (stream) => stream.respond({ ':status': 204 }, { endStream: true }));
    expect((await send(cluster)).headers.get(':status')).toBe('204');
    expect(app.connections).toBe(1);
  });

  test('is not spoken by an endpoint that speaks HTTP/1.1', async () => {
    await using world = createUpstreamWorld();
    await world.network.listen('east', APP, (connection) => {
      connection.on('error', () => {});
      connection.once('data', () => connection.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'));
    });
    await expect(send(world.start(CLUSTER))).rejects.toMatchObject({ name: 'UpstreamError' });
  });

  test('leaves nothing open when it is disposed', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startHttp2App(world.network, () => {});
    const cluster = world.start(CLUSTER);
    const answer = send(cluster);
    await world.clock.sleep(1);
    await cluster[Symbol.asyncDispose]();
    await expect(answer).rejects.toMatchObject({ flag: 'UC' });
    await world.clock.sleep(1);
    expect(world.network.openConnections()).toEqual([]);
  });
});
