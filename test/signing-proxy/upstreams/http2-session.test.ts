import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Http2Session } from '#signing-proxy/upstreams/http2/session.ts';
import { EndingConnection } from '../support/ending-connection.ts';

const SETTINGS = Buffer.from('\0\0\0\x04\0\0\0\0\0', 'latin1');

test('ends with its endpoint, however it is told to end meanwhile', async () => {
  let closed = 0;
  const stream = new EndingConnection(SETTINGS);
  const session = new Http2Session({
    stream,
    endpoint: { host: '10.0.0.1', port: 443 },
    owner: { onRequestEnd: () => {}, onClose: () => void closed++ },
    maxStreams: Infinity,
  });
  while (!stream.readableEnded) await turn();
  await turn();
  expect(() => session.destroy()).not.toThrow();
  while (!stream.closed) await turn();
  await turn();
  expect(closed).toBe(1);
});
