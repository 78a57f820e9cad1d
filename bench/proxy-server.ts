import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { answerRequest } from './answer-request.ts';

// The bare server of bench/proxy.ts: one process, a port for each transport, nothing between Node and the answer.

const tls = { cert: process.env['BENCH_CERTIFICATE'] ?? '', key: process.env['BENCH_PRIVATE_KEY'] ?? '' };

const ports = {
  'HTTP/1.1': await listen(createServer(answerRequest)),
  TLS: await listen(createTlsServer(tls, answerRequest)),
  'HTTP/2': await listen(createHttp2Server(answerRequest)),
};
process.send?.(ports);
process.on('disconnect', () => process.exit());

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
