import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';

// What any server on Node must do: read the body, answer. bench/proxy.ts compares it with proxies, and puts it behind them.

const ANSWER = '{"statusCode":200,"body":"meow"}';
const tls = { cert: process.env['BENCH_CERTIFICATE'] ?? '', key: process.env['BENCH_PRIVATE_KEY'] ?? '' };

const ports = {
  'HTTP/1.1': await listen(createServer(answer)),
  TLS: await listen(createTlsServer(tls, answer)),
  'HTTP/2': await listen(createHttp2Server((request, response) => answer(request as never, response as never))),
};
process.send?.(ports);
process.on('disconnect', () => process.exit());

function answer(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    Buffer.concat(chunks);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length }).end(ANSWER);
  });
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
