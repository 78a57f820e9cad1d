import { once } from 'node:events';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createConnectionPair } from '#core/connection.ts';
import { parseClientHello } from '#signing-proxy/listeners/client-hello.ts';

/** The first bytes that Node's own TLS client sends. */
async function createHello(options: { servername?: string; ALPNProtocols?: string[] }): Promise<Buffer> {
  const { client, server } = createConnectionPair({
    id: 1,
    client: { host: '10.0.0.1', port: 40_000 },
    server: { host: '10.0.0.2', port: 443 },
  });
  const socket = connect({ socket: client as never, ...options });
  socket.on('error', () => {});
  const [bytes] = await once(server, 'data');
  socket.destroy();
  return bytes as Buffer;
}

/** The same handshake message in records of a few bytes each. */
function cutIntoRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let offset = 0; offset < message.length; offset += size) {
    const part = message.subarray(offset, offset + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(records);
}

describe('parseClientHello', () => {
  test('finds the server name and the protocols', async () => {
    const hello = await createHello({ servername: 'Lambda.External', ALPNProtocols: ['istio-http/1.1', 'h2'] });
    expect(parseClientHello(hello)).toEqual({
      serverName: 'lambda.external',
      applicationProtocols: ['istio-http/1.1', 'h2'],
    });
  });

  test('finds nothing where nothing is said', async () => {
    expect(parseClientHello(await createHello({}))).toEqual({ serverName: undefined, applicationProtocols: [] });
  });

  test('takes a plain request for what it is', () => {
    expect(parseClientHello(Buffer.from('GET / HTTP/1.1\r\n'))).toBe('not-tls');
  });

  test('asks for more at every cut but the last', async () => {
    const hello = await createHello({ servername: 'a.example' });
    for (let length = 0; length < hello.length; length++)
      expect(parseClientHello(hello.subarray(0, length))).toBe('incomplete');
  });

  test('joins a message that is cut into records of any size', async () => {
    const hello = await createHello({ servername: 'a.example', ALPNProtocols: ['http/1.1'] });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), (size) => {
        expect(parseClientHello(cutIntoRecords(hello, size))).toEqual({
          serverName: 'a.example',
          applicationProtocols: ['http/1.1'],
        });
      }),
    );
  });

  test('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void parseClientHello(Buffer.from(bytes))),
      { numRuns: 2000 },
    );
  });

  test('never throws on a hello with any byte changed', async () => {
    const hello = await createHello({ servername: 'a.example', ALPNProtocols: ['h2'] });
    fc.assert(
      fc.property(fc.nat({ max: hello.length - 1 }), fc.integer({ min: 0, max: 255 }), (index, value) => {
        const changed = Buffer.from(hello);
        changed[index] = value;
        void parseClientHello(changed);
      }),
      { numRuns: 2000 },
    );
  });
});
