import { Agent, createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { Network } from './network.ts';

/**
 * An HTTP/1.1 server without a socket of its own: feed it with `server.emit('connection', connection)`.
 *
 * Node's own timeouts are off, because they run on the machine's clock; owners time requests on theirs.
 */
export function createHttp1Server(onRequest: RequestListener, options: ServerOptions = {}): Server {
  const server = createServer(
    { connectionsCheckingInterval: 2 ** 31 - 1, keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, ...options },
    onRequest,
  );
  server.timeout = 0;
  return server;
}

export interface NetworkAgentOptions {
  /** Wraps every connection in TLS with these options; `servername` defaults to the host asked for. */
  readonly tls?: ConnectionOptions;
  readonly keepAlive?: boolean;
  /** The address the other side sees. */
  readonly source?: string;
}

/** A `node:http` agent whose connections come from a {@link Network}: for SDK clients and `http.request`. */
export function createNetworkAgent(network: Network, zone: string, options: NetworkAgentOptions = {}): Agent {
  return new NetworkAgent(network, zone, options);
}

class NetworkAgent extends Agent {
  readonly #network: Network;
  readonly #zone: string;
  readonly #options: NetworkAgentOptions;
  /** `node:http` compares it with the request's protocol. */
  readonly protocol: string;
  readonly defaultPort: number;

  constructor(network: Network, zone: string, options: NetworkAgentOptions) {
    super({ keepAlive: options.keepAlive ?? false });
    this.#network = network;
    this.#zone = zone;
    this.#options = options;
    this.protocol = options.tls === undefined ? 'http:' : 'https:';
    this.defaultPort = options.tls === undefined ? 80 : 443;
  }

  override createConnection(
    target: { host?: string | null; port?: number | string | null },
    done: (error: Error | null, stream?: Duplex) => void,
  ): undefined {
    const address = { host: target.host ?? 'localhost', port: Number(target.port ?? this.defaultPort) };
    const source = this.#options.source === undefined ? {} : { source: this.#options.source };
    this.#network.connect(this.#zone, address, source).then(
      (connection) => done(null, this.#secure(connection, address.host)),
      (error: unknown) => done(error as Error),
    );
    return undefined;
  }

  #secure(connection: Duplex, host: string): Duplex {
    if (this.#options.tls === undefined) return connection;
    return connectTls({ servername: host, ...this.#options.tls, socket: connection });
  }
}
