import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Connection } from '#core/connection.ts';
import type { CallTls } from '../backend.ts';

/**
 * Speaks TLS on a connection, as curl with `--cert`, `--key`, `--cacert` and `-k`.
 *
 * @param host the name asked for and checked, unless `tls` names another
 */
export function secureConnection(connection: Connection, host: string, tls: CallTls): Promise<TLSSocket> {
  const { certificatePem, privateKeyPem, authorityPem, serverName = host, isInsecure = false } = tls;
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      socket: connection,
      servername: serverName,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: !isInsecure,
      ...(certificatePem !== undefined && { cert: certificatePem }),
      ...(privateKeyPem !== undefined && { key: privateKeyPem }),
      ...(authorityPem !== undefined && { ca: authorityPem }),
    });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
    // A server that closes within the handshake tells no reason.
    socket.once('close', () => reject(new Error('the connection was closed during the TLS handshake')));
  });
}
