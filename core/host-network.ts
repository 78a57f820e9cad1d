import { createServer, connect as connectSocket, type Server, type Socket } from 'node:net';
import { lookup } from 'node:dns/promises';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { MeshrigError, systemCodeOf } from './errors.ts';
import type { ConnectOptions, Listener, Network } from './network.ts';
import { formatAddress, type Address } from './address.ts';
import { findPortOwner } from './port-owner.ts';

/** This machine's own network. Every zone is the same; listeners bind the address they are given, loopback by default. */
export function createHostNetwork(clock: Clock): Network {
  let connections = 0;

  function adopt(socket: Socket): Connection {
    const id = ++connections;
    const activity = clock.noteOutside('connection');
    socket.once('close', () => activity[Symbol.dispose]());
    return Object.assign(socket, { id, reset: () => void socket.resetAndDestroy() }) as unknown as Connection;
  }

  return {
    async listen(_zone, address, accept) {
      const server = createServer({ noDelay: true }, (socket) => {
        // Gone before it was accepted: there is nobody to serve, and no address to tell.
        if (socket.remoteAddress === undefined || socket.localAddress === undefined) socket.destroy();
        else accept(adopt(socket));
      });
      await bind(server, address);
      return createListener(server, address);
    },

    async connect(_zone, address, options: ConnectOptions = {}) {
      using _ = clock.noteOutside('connection');
      return adopt(await openSocket(address, options));
    },

    async resolve(_zone, name) {
      const found = await lookup(name, { all: true });
      return found.map(({ address }) => address);
    },
  };
}

async function bind(server: Server, address: Address): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address.host, port: address.port }, () => resolve());
    });
  } catch (cause) {
    throw await explainBindFailure(address, cause);
  }
}

async function explainBindFailure(address: Address, cause: unknown): Promise<MeshrigError> {
  const code = systemCodeOf(cause);
  if (code === 'EADDRINUSE') {
    const owner = await findPortOwner(address.port);
    const by = owner === undefined ? 'another process' : `process ${owner.pid} (${owner.command})`;
    return new MeshrigError(
      'PORT_IN_USE',
      `Failed to listen on "${formatAddress(address)}": port ${address.port} is taken by ${by}`,
      {
        cause,
        hint: `Stop that process, or choose another port.`,
      },
    );
  }
  return new MeshrigError('ENVIRONMENT', `Failed to listen on "${formatAddress(address)}": ${code ?? String(cause)}`, {
    cause,
  });
}

function createListener(server: Server, wanted: Address): Listener {
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : wanted.port;
  const close = async () => {
    server.close();
  };
  return { address: { host: wanted.host, port }, close, [Symbol.asyncDispose]: close };
}

function openSocket(address: Address, options: ConnectOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host: address.host, port: address.port, allowHalfOpen: true, noDelay: true });
    const abort = () => socket.destroy(options.signal?.reason as Error);
    options.signal?.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => {
      options.signal?.removeEventListener('abort', abort);
      socket.removeListener('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
