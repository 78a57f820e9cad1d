import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { createHttp2Codec } from '#signing-proxy/http/http2-codec.ts';
import { EndingConnection } from '../support/ending-connection.ts';

const PREFACE_AND_SETTINGS = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');

test('closes a connection that is about to end', async () => {
  using clock = createVirtualClock();
  const codec = createHttp2Codec({
    clock,
    maxHeaderBytes: 60_000,
    maxHeaderCount: 100,
    acceptsHttp10: false,
    keepsTrailers: false,
    serverName: 'istio-envoy',
    requestHeadersTimeoutMs: 0,
    idleTimeoutMs: 0,
    endsOnlyStreams: false,
    onStream: () => {},
  });
  const connection = new EndingConnection(PREFACE_AND_SETTINGS);
  codec.accept(connection, {
    connectionId: 1,
    remoteAddress: '10.42.0.9',
    remotePort: 40_000,
    localAddress: '10.42.0.5',
    localPort: 8080,
    tls: undefined,
    listener: { name: 'ingress', version: '1' },
  });
  await once(connection, 'ending');

  expect(() => codec.close()).not.toThrow();
  await once(connection, 'close');
});
