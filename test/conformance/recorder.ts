import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';

/** An upstream that keeps what it receives, to the byte. */
export interface Recorder extends AsyncDisposable {
  readonly port: number;
  readonly received: readonly ReceivedRequest[];
}

export async function startRecorder(): Promise<Recorder> {
  const received: ReceivedRequest[] = [];
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    void buffer(request).then((body) => {
      const { method = '', url: target = '', rawHeaders: headers } = request;
      received.push({ method, target, httpVersion: '1.1', headers, body });
      response.end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
