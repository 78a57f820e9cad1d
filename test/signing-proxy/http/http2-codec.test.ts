import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { createHttp2Codec } from '#signing-proxy/http/http2-codec.ts';

const PREFACE_AND_SETTINGS = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');

test('closes a connection that is about to end', async () => {
  using clock = createVirtualClock();
  const codec = createHttp2Codec({
    clock,
    maxHeaderBytes: 60_000,
    maxHeaderCount: 100,
    acceptsHttp10: false,
    serverName: 'istio-envoy',
    requestHeadersTimeoutMs: 0,
    idleTimeoutMs: 0,
    endsOnlyStreams: false,
    onStream: () => {},
  });
  const connection = new EndingConnection();
  codec.accept(connection, {
    connectionId: 1,
    remoteAddress: '10.42.0.9',
    remotePort: 40_000,
    localAddress: '10.42.0.5',
    localPort: 8080,
    tls: undefined,
    listener: { name: 'ingress', version: '1' },
  });
  connection.push(PREFACE_AND_SETTINGS);
  connection.push(null);
  await once(connection, 'ending');

  expect(() => codec.close()).not.toThrow();
  await once(connection, 'close');
});

/** A connection whose last bytes are still on their way. */
class EndingConnection extends Duplex {
  override _read(): void {}
  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
  override _final(): void {
    this.emit('ending');
  }
}
