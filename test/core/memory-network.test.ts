import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { expect, test } from 'vitest';
import { createAuthority } from '#core/certificates.ts';
import { blackHole, cutAfter, latency, refuseConnect, slowAnswer, slowConnect } from '#core/connection-fault.ts';
import { createHttp1Server, createNetworkAgent } from '#core/http.ts';
import { MemoryNetwork } from '#core/memory-network.ts';
import { createRandom } from '#core/random.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';

const SERVER = { host: '10.0.0.1', port: 80 };

function setup() {
  const clock = createVirtualClock();
  const network = new MemoryNetwork({ clock });
  network.addZone('near', { reaches: ['far'] });
  network.addZone('far');
  const [start] = [clock.now()];
  return { clock, network, elapsed: () => clock.now() - start, [Symbol.dispose]: () => clock[Symbol.dispose]() };
}

async function listenEcho(network: MemoryNetwork, zone = 'far') {
  return await network.listen(zone, SERVER, (connection) => {
    connection.pipe(connection);
  });
}

test('bytes written on one end are read on the other, and an end is an end', async () => {
  using world = setup();
  await listenEcho(world.network);
  const connection = await world.network.connect('near', SERVER);
  connection.write('one ');
  connection.end('two');
  expect(await text(connection)).toBe('one two');
});

test('a large transfer respects back-pressure and arrives whole', async () => {
  using world = setup();
  await listenEcho(world.network);
  const connection = await world.network.connect('near', SERVER);
  const sent = createRandom('large').bytes(3_000_000);
  connection.end(sent);
  const received: Buffer[] = [];
  for await (const chunk of connection) received.push(chunk as Buffer);
  expect(Buffer.concat(received).equals(sent)).toBe(true);
});

test('a host without a listener refuses', async () => {
  using world = setup();
  await listenEcho(world.network);
  await expect(world.network.connect('near', { host: '10.0.0.1', port: 81 })).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
});

test('an unknown name is not found', async () => {
  using world = setup();
  await expect(world.network.connect('near', { host: 'nowhere.test', port: 80 })).rejects.toMatchObject({
    code: 'ENOTFOUND',
  });
});

test('where no route exists a connect waits for its own timeout', async () => {
  using world = setup();
  await listenEcho(world.network, 'near');
  const controller = new AbortController();
  world.clock.setTimer(225_000, () => controller.abort(new Error('timed out')));
  await expect(world.network.connect('far', SERVER, { signal: controller.signal })).rejects.toThrow('timed out');
  expect(world.elapsed()).toBe(225_000);
});

test('a removed route loses later connects', async () => {
  using world = setup();
  await listenEcho(world.network);
  world.network.removeRoute('near', 'far');
  const signal = AbortSignal.abort(new Error('gave up'));
  await expect(world.network.connect('near', SERVER, { signal })).rejects.toThrow('gave up');
});

test('a name is answered by the zone first, then by every zone', async () => {
  using world = setup();
  world.network.addName('*', 'name.test', ['1.1.1.1']);
  const own = world.network.addName('near', 'Name.test', ['2.2.2.2']);
  expect(await world.network.resolve('near', 'name.test')).toEqual(['2.2.2.2']);
  expect(await world.network.resolve('far', 'name.test.')).toEqual(['1.1.1.1']);
  own[Symbol.dispose]();
  expect(await world.network.resolve('near', 'name.test')).toEqual(['1.1.1.1']);
});

test('a service address leads to the endpoint of that moment', async () => {
  using world = setup();
  await listenEcho(world.network);
  let endpoint: typeof SERVER | undefined = SERVER;
  world.network.translate('far', { host: '10.43.0.1', port: 8000 }, () => endpoint);
  const connection = await world.network.connect('near', { host: '10.43.0.1', port: 8000 });
  connection.end('hello');
  expect(await text(connection)).toBe('hello');
  endpoint = undefined;
  await expect(world.network.connect('near', { host: '10.43.0.1', port: 8000 })).rejects.toThrow(
    'the service has no endpoint',
  );
});

test('the endpoint of a service sees its own address, a proxy that a connect is redirected to sees where it was going', async () => {
  using world = setup();
  const seen: string[] = [];
  await world.network.listen('far', SERVER, ({ localAddress, localPort }) => seen.push(`${localAddress}:${localPort}`));
  const service = { host: '10.43.0.1', port: 8000 };
  using translation = world.network.translate('far', service, () => SERVER);
  const toService = await world.network.connect('near', service);
  translation[Symbol.dispose]();
  world.network.redirect('far', service, SERVER);
  const toProxy = await world.network.connect('near', service);
  await world.clock.sleep(1);
  expect(seen).toEqual([`${SERVER.host}:${SERVER.port}`, '10.43.0.1:8000']);
  expect([toService, toProxy].map(({ remoteAddress }) => remoteAddress)).toEqual(['10.43.0.1', '10.43.0.1']);
});

test('one address takes one listener', async () => {
  using world = setup();
  await listenEcho(world.network);
  await expect(listenEcho(world.network)).rejects.toMatchObject({ code: 'PORT_IN_USE' });
});

test('a reset reaches the peer as ECONNRESET', async () => {
  using world = setup();
  await world.network.listen('far', SERVER, (connection) => connection.once('data', () => connection.reset()));
  const connection = await world.network.connect('near', SERVER);
  connection.write('x');
  const [error] = (await once(connection, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
});

test('a write after the peer closed fails', async () => {
  using world = setup();
  await world.network.listen('far', SERVER, (connection) => connection.destroy());
  const connection = await world.network.connect('near', SERVER);
  connection.resume();
  await once(connection, 'end');
  connection.write('x');
  const [error] = (await once(connection, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('EPIPE');
});

test('nothing stays open after both ends closed', async () => {
  using world = setup();
  await listenEcho(world.network);
  const connection = await world.network.connect('near', SERVER);
  connection.end('bye');
  await text(connection);
  await world.clock.sleep(1);
  expect(world.network.openConnections()).toEqual([]);
});

test('TLS with client certificates, HTTP/1.1 keep-alive and virtual time work together', async () => {
  using world = setup();
  const authority = await createAuthority({ commonName: 'root', random: createRandom('tls') });
  const identity = await authority.issue({
    dnsNames: ['server.test'],
    uris: ['spiffe://cluster.local/ns/default/sa/httpbin'],
  });
  const http = createHttp1Server((request, response) => {
    world.clock.setTimer(35_000, () => response.end(`slept for ${request.url}`));
  });
  const secure = tls.createServer(
    {
      cert: identity.chainPem,
      key: identity.privateKeyPem,
      ca: authority.certificatePem,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (socket) => http.emit('connection', socket),
  );
  await world.network.listen('far', { host: '10.0.0.1', port: 443 }, (connection) =>
    secure.emit('connection', connection),
  );
  world.network.addName('near', 'server.test', ['10.0.0.1']);
  const agent = createNetworkAgent(world.network, 'near', {
    keepAlive: true,
    tls: { ca: authority.certificatePem, cert: identity.chainPem, key: identity.privateKeyPem },
  });
  const get = (path: string) =>
    new Promise<string>((resolve, reject) => {
      https
        .get({ agent, host: 'server.test', port: 443, path }, (response) => resolve(text(response)))
        .on('error', reject);
    });
  expect([await get('/a'), await get('/b')]).toEqual(['slept for /a', 'slept for /b']);
  expect(world.elapsed()).toBe(70_000);
  agent.destroy();
  await world.clock.sleep(1);
  expect(world.network.openConnections()).toEqual([]);
});

test('HTTP/2 runs over a connection in memory', async () => {
  using world = setup();
  const server = http2.createServer((request, response) => void response.end(request.url));
  await world.network.listen('far', SERVER, (connection) => server.emit('connection', connection));
  const connection = await world.network.connect('near', SERVER);
  const session = http2.connect('http://10.0.0.1', { createConnection: () => connection });
  expect(await text(session.request({ ':path': '/over/h2' }))).toBe('/over/h2');
  session.close();
});

test('a slow connect takes its time', async () => {
  using world = setup();
  await listenEcho(world.network);
  world.network.addFault(({ to }) => to.port === 80, slowConnect(3000));
  await world.network.connect('near', SERVER);
  expect(world.elapsed()).toBe(3000);
});

test('latency delays bytes and the end alike', async () => {
  using world = setup();
  await listenEcho(world.network);
  world.network.addFault(() => true, latency(100));
  const connection = await world.network.connect('near', SERVER);
  connection.end('there and back');
  expect(await text(connection)).toBe('there and back');
  expect(world.elapsed()).toBe(200);
});

test('a slow answer takes as long as its bytes', async () => {
  using world = setup();
  await listenEcho(world.network);
  world.network.addFault(() => true, slowAnswer(10));
  const connection = await world.network.connect('near', SERVER);
  connection.end('there and back');
  expect(await text(connection)).toBe('there and back');
  expect(world.elapsed()).toBe(1400);
});

test('a cut answer ends in a reset', async () => {
  using world = setup();
  await listenEcho(world.network);
  world.network.addFault(() => true, cutAfter(4));
  const connection = await world.network.connect('near', SERVER);
  const received: string[] = [];
  connection.on('data', (chunk: Buffer) => received.push(chunk.toString()));
  connection.write('abcdefgh');
  const [error] = (await once(connection, 'error')) as [NodeJS.ErrnoException];
  expect([received.join(''), error.code]).toEqual(['abcd', 'ECONNRESET']);
});

test('a lifted fault no longer applies', async () => {
  using world = setup();
  await listenEcho(world.network);
  const fault = world.network.addFault(() => true, refuseConnect());
  await expect(world.network.connect('near', SERVER)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  fault[Symbol.dispose]();
  await world.network.connect('near', SERVER);
});

test('a black hole swallows the connect', async () => {
  using world = setup();
  await listenEcho(world.network);
  world.network.addFault(() => true, blackHole());
  const controller = new AbortController();
  world.clock.setTimer(5000, () => controller.abort(new Error('connect timeout')));
  await expect(world.network.connect('near', SERVER, { signal: controller.signal })).rejects.toThrow('connect timeout');
});
