import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { createClient, type Transport } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import type { Clock } from '#core/clock.ts';
import { createSystemError } from '#core/errors.ts';
import type { DiscoveryStream } from './discovery-stream.ts';
import { AggregatedDiscoveryService } from './generated/messages.js';

export interface GrpcStreamOptions {
  /** Opens the connection for one stream: plain, or TLS with ALPN `h2`. */
  readonly connect: (signal: AbortSignal) => Promise<Duplex>;
  readonly clock: Clock;
  /** How long to wait for a connection. Default 10 s, Istio's default for every upstream. */
  readonly connectTimeoutMs?: number;
  /** The host the requests name. Default `istiod.istio-system.svc:15010`. */
  readonly authority?: string;
  /** gRPC metadata, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

/** With the default of 64 KiB, a push of some megabytes waits for a window update a hundred times. */
const RECEIVE_WINDOW_BYTES = 1 << 20;

/** Reaches an ADS server over gRPC. Every stream has a connection of its own, which ends with it. */
export function createGrpcStream(options: GrpcStreamOptions): DiscoveryStream {
  const origin = `http://${options.authority ?? 'istiod.istio-system.svc:15010'}`;
  return async function* (requests, signal) {
    using session = openSession(origin, await connectInTime(options, signal));
    const client = createClient(AggregatedDiscoveryService, createTransport(origin, session.http2));
    yield* client.streamAggregatedResources(requests, { signal, headers: options.headers ?? {} });
  };
}

async function connectInTime(options: GrpcStreamOptions, signal: AbortSignal): Promise<Duplex> {
  const { clock, connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options;
  const giveUp = new AbortController();
  const timer = clock.setTimer(connectTimeoutMs, () => {
    giveUp.abort(createSystemError('ETIMEDOUT', `no connection after ${connectTimeoutMs} ms`));
  });
  try {
    return await options.connect(AbortSignal.any([signal, giveUp.signal]));
  } finally {
    timer.cancel();
  }
}

function openSession(origin: string, connection: Duplex): Disposable & { readonly http2: ClientHttp2Session } {
  const http2 = connectHttp2(origin, {
    createConnection: () => connection,
    settings: { initialWindowSize: RECEIVE_WINDOW_BYTES },
  });
  http2.once('connect', () => {
    // Node tells of the connection even when the session was destroyed in the meantime.
    if (!http2.destroyed) http2.setLocalWindowSize(RECEIVE_WINDOW_BYTES);
  });
  // A network may leave a socket half open, which HTTP/2 has no use for.
  connection.once('end', () => connection.destroy());
  // A session that breaks also breaks its only stream, and that is where the reader hears of it.
  http2.on('error', () => {});
  return {
    http2,
    [Symbol.dispose]() {
      http2.destroy();
      connection.destroy();
    },
  };
}

// The session manager that connect-node brings reconnects by itself and measures idle time on the machine's clock.
function createTransport(origin: string, session: ClientHttp2Session): Transport {
  return createGrpcTransport({
    baseUrl: origin,
    // Compression runs on other threads, which virtual time does not see.
    acceptCompression: [],
    sessionManager: {
      authority: origin,
      request: async (method, path, headers, options) =>
        session.request({ ...headers, ':method': method, ':path': path }, options),
      notifyResponseByteRead: () => {},
    },
  });
}
