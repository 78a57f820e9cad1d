import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { Connection } from '#core/connection.ts';
import { APP, startApp } from '../support/http-app.ts';
import { createUpstreamWorld, fetchText, send, type UpstreamWorld } from '../support/upstream-world.ts';
import { staticCluster } from '../support/resources.ts';

const CLUSTER = staticCluster('app', APP.host, APP.port);

/** An endpoint that answers each connection with these bytes once a request has begun. */
async function answerRaw(world: UpstreamWorld, onRequest: (connection: Connection) => void): Promise<void> {
  await world.network.listen('east', APP, (connection) => {
    connection.on('error', () => {});
    connection.on('data', () => onRequest(connection));
  });
}

describe('a cluster that speaks HTTP/1.1', () => {
  test('sends the head as it was given, host first, nothing added', async () => {
    await using world = createUpstreamWorld();
    let wire = '';
    await world.network.listen('east', APP, (connection) => {
      connection.on('data', (chunk: Buffer) => {
        wire += chunk.toString('latin1');
        connection.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      });
    });
    await fetchText(world.start(CLUSTER), {
      method: 'POST',
      headers: [
        ['accept', '*/*'],
        ['x-b3-sampled', '0'],
        ['content-length', '3'],
      ],
      body: Buffer.from('abc'),
    });
    expect(wire).toBe(
      'POST / HTTP/1.1\r\nhost: app.example\r\naccept: */*\r\nx-b3-sampled: 0\r\ncontent-length: 3\r\n\r\nabc',
    );
  });

  test('gives the response as it came', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startApp(world.network, (__, response) => {
      response.writeHead(201, ['X-One', '1', 'Set-Cookie', 'a', 'Set-Cookie', 'b']).end('made');
    });
    const { headers, body, endpoint } = await send(world.start(CLUSTER));
    expect(headers.get(':status')).toBe('201');
    expect(headers.getAll('set-cookie')).toEqual(['a', 'b']);
    expect(await text(body)).toBe('made');
    expect(endpoint).toEqual(APP);
  });

  test('keeps connections for later requests and opens more for parallel ones', async () => {
    await using world = createUpstreamWorld();
    await using app = await startApp(world.network);
    const cluster = world.start(CLUSTER);
    for (let count = 0; count < 3; count++) expect(await fetchText(cluster)).toBe('hello');
    expect(app.connections()).toBe(1);
    await Promise.all([fetchText(cluster), fetchText(cluster), fetchText(cluster)]);
    expect(app.connections()).toBe(3);
  });

  test('opens a new connection after one that the endpoint closed', async () => {
    await using world = createUpstreamWorld();
    await using app = await startApp(
      world.network,
      (_, response) => void response.setHeader('connection', 'close').end('bye'),
    );
    const cluster = world.start(CLUSTER);
    expect(await fetchText(cluster)).toBe('bye');
    expect(await fetchText(cluster)).toBe('bye');
    expect(app.connections()).toBe(2);
  });

  test('takes no request on a connection that has lived its time', async () => {
    await using world = createUpstreamWorld();
    await using app = await startApp(world.network);
    const options = { commonHttpProtocolOptions: { maxConnectionDuration: '60s' } };
    const cluster = world.start(staticCluster('app', APP.host, APP.port, options));
    for (const pauseMs of [0, 30_000, 25_000]) {
      await world.clock.sleep(pauseMs);
      await fetchText(cluster);
    }
    expect(app.connections()).toBe(1);
    await world.clock.sleep(10_000);
    await fetchText(cluster);
    expect(app.connections()).toBe(2);
  });

  test('closes a connection after the requests it may carry', async () => {
    await using world = createUpstreamWorld();
    await using app = await startApp(world.network);
    const cluster = world.start(staticCluster('app', APP.host, APP.port, { maxRequestsPerConnection: 2 }));
    for (let count = 0; count < 4; count++) await fetchText(cluster);
    expect(app.connections()).toBe(2);
  });

  test('closes a connection that was idle for an hour', async () => {
    await using world = createUpstreamWorld();
    await using app = await startApp(world.network);
    const cluster = world.start(CLUSTER);
    await fetchText(cluster);
    await world.clock.sleep(3_600_000 + 1);
    expect(world.network.openConnections()).toEqual([]);
    await fetchText(cluster);
    expect(app.connections()).toBe(2);
  });

  test('streams a request body in chunks', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startApp(world.network, (request, response) => void request.pipe(response));
    const body = new PassThrough();
    const answer = fetchText(world.start(CLUSTER), { method: 'POST', body });
    body.write('one ');
    body.end('two');
    expect(await answer).toBe('one two');
  });

  test('passes megabytes both ways without holding them', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startApp(world.network, (request, response) => void request.pipe(response));
    const megabyte = Buffer.alloc(1 << 20, 'x');
    const body = new PassThrough();
    const answer = fetchText(world.start(CLUSTER), { method: 'POST', body });
    for (let count = 0; count < 4; count++)
      if (!body.write(megabyte)) await new Promise((resolve) => body.once('drain', resolve));
    body.end();
    expect((await answer).length).toBe(4 << 20);
  });

  test('gives trailers', async () => {
    await using world = createUpstreamWorld();
    await answerRaw(world, (connection) =>
      connection.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\ngrpc-status: 0\r\n\r\n'),
    );
    const { body, trailers } = await send(world.start(CLUSTER));
    await text(body);
    expect((await trailers)?.get('grpc-status')).toBe('0');
  });

  const testFailure = (name: string, answer: (connection: Connection) => void, error: object) =>
    test(`fails ${name}`, async () => {
      await using world = createUpstreamWorld();
      await answerRaw(world, answer);
      await expect(send(world.start(CLUSTER))).rejects.toMatchObject({
        name: 'UpstreamError',
        endpoint: APP,
        ...error,
      });
    });

  testFailure('when the endpoint closes before it answers', (connection) => connection.end(), {
    reason: 'connection termination',
    flag: 'UC',
    retryKind: 'reset',
  });
  testFailure('when the endpoint resets', (connection) => connection.reset(), {
    reason: 'connection termination',
    flag: 'UC',
  });
  testFailure('when the answer is not HTTP', (connection) => connection.end('hello'), {
    reason: 'protocol error',
    flag: 'UPE',
  });
  testFailure('when the answer is TLS', (connection) => connection.end(Buffer.from([21, 3, 1, 0, 2, 2, 70])), {
    reason: 'protocol error',
  });

  test('breaks the body off when the endpoint does', async () => {
    await using world = createUpstreamWorld();
    await answerRaw(world, (connection) => {
      connection.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
      connection.end();
    });
    const { body } = await send(world.start(CLUSTER));
    await expect(text(body)).rejects.toMatchObject({ reason: 'connection termination', flag: 'UC' });
  });

  test('gives up the connection of a request that is aborted', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startApp(world.network, () => {});
    const controller = new AbortController();
    const answer = send(world.start(CLUSTER), { signal: controller.signal });
    world.clock.setTimer(100, () => controller.abort(new Error('timed out')));
    await expect(answer).rejects.toThrow('timed out');
    await world.clock.sleep(1);
    expect(world.network.openConnections()).toEqual([]);
  });

  test('gives up the connection of an answer that nobody wants to the end', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startApp(world.network, (__, response) => void response.write('the first part'));
    const cluster = world.start(CLUSTER);
    const { body } = await send(cluster);
    body.destroy();
    await world.clock.sleep(1);
    expect(world.network.openConnections()).toEqual([]);
    expect(cluster.hasConnections()).toBe(false);
  });

  test('lets requests under way end when it drains', async () => {
    await using world = createUpstreamWorld();
    await using _ = await startApp(
      world.network,
      (__, response) => void world.clock.setTimer(1000, () => response.end('late')),
    );
    const cluster = world.start(CLUSTER);
    const answer = fetchText(cluster);
    await world.clock.sleep(10);
    cluster.drain();
    expect(await answer).toBe('late');
    await world.clock.sleep(1);
    expect(world.network.openConnections()).toEqual([]);
  });
});
