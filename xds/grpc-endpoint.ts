import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { MeshrigError } from '#core/errors.ts';
import type { DiscoveryStream } from './discovery-stream.ts';
import { AggregatedDiscoveryService, type DiscoveryResponse } from './generated/messages.js';

/** Where clients of an ADS server connect: gRPC over HTTP/2, over any byte stream. */
export interface GrpcEndpoint extends Disposable {
  /** Serves a connection: a plain one, or TLS with ALPN `h2` already agreed. */
  readonly accept: (connection: Duplex) => void;
  /** Breaks all connections, as a process that stops does; new ones are still served. */
  disconnectAll(): void;
}

/** Serves discovery streams over gRPC. Only the state-of-the-world method exists. */
export function createGrpcEndpoint(serve: DiscoveryStream): GrpcEndpoint {
  const sessions = new Set<ServerHttp2Session>();
  const server = createHttp2Server(serve);
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  const disconnectAll = () => {
    for (const session of sessions) session.destroy();
  };
  return {
    accept(connection) {
      // A network may leave a socket half open, which HTTP/2 has no use for.
      connection.once('end', () => connection.destroy());
      server.emit('connection', connection);
    },
    disconnectAll,
    [Symbol.dispose]: disconnectAll,
  };
}

function createHttp2Server(serve: DiscoveryStream): Http2Server {
  const routes = (router: ConnectRouter) =>
    router.service(AggregatedDiscoveryService, {
      streamAggregatedResources: (requests, { signal }) => translateErrors(serve(requests, signal)),
    });
  // Compression runs on other threads, which virtual time does not see.
  return createServer(
    connectNodeAdapter({ routes, grpc: true, grpcWeb: false, connect: false, acceptCompression: [] }),
  );
}

async function* translateErrors(responses: AsyncIterable<DiscoveryResponse>): AsyncIterable<DiscoveryResponse> {
  try {
    yield* responses;
  } catch (error) {
    if (!(error instanceof MeshrigError && error.code === 'INVALID_REQUEST')) throw error;
    throw new ConnectError(error.message, Code.InvalidArgument, undefined, undefined, error);
  }
}
