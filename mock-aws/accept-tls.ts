import { TLSSocket, type SecureContext } from 'node:tls';
import type { Connection } from '#core/connection.ts';

export interface TlsHandlers {
  /** The handshake is over: HTTP may follow. */
  readonly onSecure: (secured: TLSSocket) => void;
  readonly onError: (error: Error) => void;
}

/** Ends TLS on a connection. A failed handshake concerns that client only: its connection is closed. */
export function acceptTls(connection: Connection, secureContext: SecureContext, handlers: TlsHandlers): void {
  const secured = new TLSSocket(connection, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] });
  secured.on('error', (error: Error) => {
    handlers.onError(error);
    connection.destroy();
  });
  // As Node's own HTTPS server does: there is no request before the handshake is over.
  secured.once('secure', () => handlers.onSecure(secured));
}
