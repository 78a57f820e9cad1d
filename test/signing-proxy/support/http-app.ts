import { once } from 'node:events';
import { request, type IncomingMessage, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ConnectionOptions } from 'node:tls';
import { createHttp1Server, createNetworkAgent } from '#core/http.ts';
import type { Network } from '#core/network.ts';
import type { Address } from '#core/address.ts';
import { POD_IP } from './proxy-world.ts';

export const APP: Address = { host: '10.42.0.9', port: 8080 };

export interface App extends AsyncDisposable {
  /** Connections accepted so far. */
  readonly connections: () => number;
}

/** An application that answers every request. */
export async function startApp(
  network: Network,
  answer: string | RequestListener = 'hello',
  place: Address & { zone?: string } = APP,
): Promise<App> {
  let connections = 0;
  const server = createHttp1Server(typeof answer === 'string' ? (_, response) => void response.end(answer) : answer);
  const socket = await network.listen(place.zone ?? 'east', { host: place.host, port: place.port }, (connection) => {
    connections++;
    server.emit('connection', connection);
  });
  return {
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await socket.close();
    },
  };
}

export interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

export interface GetOptions {
  /** `GET` by default. */
  readonly method?: string;
  readonly body?: string;
  readonly path?: string;
  readonly host?: string;
  readonly zone?: string;
  readonly tls?: ConnectionOptions;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request on a connection of its own. */
export async function get(network: Network, port: number, options: GetOptions = {}): Promise<Answer> {
  const agent = createNetworkAgent(
    network,
    options.zone ?? 'east',
    options.tls === undefined ? {} : { tls: { servername: 'app.example', ...options.tls } },
  );
  const outgoing = request({
    agent,
    protocol: options.tls === undefined ? 'http:' : 'https:',
    host: options.host ?? POD_IP,
    port,
    path: options.path ?? '/',
    method: options.method ?? 'GET',
    headers: { connection: 'close', ...options.headers },
  }).end(options.body);
  // A connection that breaks may break more than once.
  outgoing.on('error', () => {});
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
}
