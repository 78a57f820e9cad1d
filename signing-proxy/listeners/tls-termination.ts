import { constants } from 'node:crypto';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import { messageOf } from '#core/errors.ts';
import { findTlsReason, formatTlsReason } from '../secrets/tls-errors.ts';
import type { HandshakeMaterial, TlsMaterial } from '../secrets/tls-material.ts';
import { hasRules, verifyPeer } from '../secrets/verify-peer.ts';
import { HandshakeGate } from './handshake-gate.ts';
import { findAlert } from './tls-alert.ts';
import { describePeerCertificate } from './peer-certificate.ts';
import type { DownstreamTls } from './types.ts';

/** A finished handshake, or why there is none. */
type Handshake = { readonly stream: TLSSocket; readonly tls: DownstreamTls } | { readonly refused: string };

export interface TlsTermination extends Disposable {
  readonly material: TlsMaterial;
  /** Takes TLS off a connection. `offered` is what the ClientHello offers in ALPN. A refused connection is closed. */
  handshake(connection: Duplex, offered: readonly string[]): Promise<Handshake>;
}

/** Node times handshakes on the machine's clock; out of its reach, the owner times them on its own. */
const NEVER_MS = 2 ** 31 - 1;

/** Terminates TLS for one filter chain, each handshake with the secrets of that moment. */
export function createTlsTermination(material: TlsMaterial, isCertificateRequired: boolean): TlsTermination {
  const servers = createServerShelf();
  return {
    material,
    async handshake(connection, offered) {
      try {
        const current = material.current();
        if (current === undefined) throw new Error('Secret is not supplied by SDS');
        const alpn = selectAlpn(material.plan.alpnProtocols, offered);
        const gate = hasRules(current.validation) ? new HandshakeGate(connection) : undefined;
        const outcome = await servers.use(current, alpn, (server) => runHandshake(server, connection, gate));
        return outcome instanceof Error ? refuse(outcome) : admit(outcome, gate, { current, isCertificateRequired });
      } catch (error) {
        // Certificates that can be read can still be refused by the TLS library, for a weak key say.
        connection.destroy();
        return { refused: `TLS error: ${messageOf(error)}` };
      }
    },
    [Symbol.dispose]: () => material[Symbol.dispose](),
  };
}

interface ServerShelf {
  use<T>(
    current: HandshakeMaterial,
    alpnProtocols: readonly string[],
    work: (server: Server) => Promise<T>,
  ): Promise<T>;
}

/** Node reports handshakes per server, not per connection: with one at a time on each server, they cannot be mixed up. */
function createServerShelf(): ServerShelf {
  let shelves = new Map<string, Server[]>();
  let shelved: HandshakeMaterial | undefined;
  return {
    async use(current, alpnProtocols, work) {
      if (current !== shelved) shelves = new Map();
      shelved = current;
      const key = alpnProtocols.join();
      const shelf = shelves.get(key) ?? [];
      shelves.set(key, shelf);
      const server = shelf.pop() ?? createHandshakeServer(current, alpnProtocols);
      try {
        return await work(server);
      } finally {
        shelf.push(server);
      }
    },
  };
}

function createHandshakeServer(current: HandshakeMaterial, alpnProtocols: readonly string[]): Server {
  const asksForCertificate = hasRules(current.validation);
  return createServer({
    ...current.options,
    requestCert: asksForCertificate,
    rejectUnauthorized: false,
    // A resumed session would show no certificate, and its handshake has another order than the gate knows.
    ...(asksForCertificate ? { secureOptions: constants.SSL_OP_NO_TICKET } : {}),
    handshakeTimeout: NEVER_MS,
    ...(alpnProtocols.length === 0 ? {} : { ALPNProtocols: Array.from(alpnProtocols) }),
  });
}

/** Where the two sides share no protocol Envoy goes on without one; Node would end the handshake with an alert. */
function selectAlpn(own: readonly string[], offered: readonly string[]): readonly string[] {
  return offered.length === 0 || own.some((protocol) => offered.includes(protocol)) ? own : [];
}

function runHandshake(server: Server, connection: Duplex, gate: HandshakeGate | undefined): Promise<TLSSocket | Error> {
  return new Promise((resolve) => {
    const finish = (outcome: TLSSocket | Error) => {
      for (const event of ['secureConnection', 'tlsClientError', 'keylog']) server.removeAllListeners(event);
      resolve(outcome);
    };
    server.once('secureConnection', finish);
    server.once('tlsClientError', (error) => {
      // What was kept back may be the TLS library's own alert.
      gate?.open();
      finish(error);
    });
    if (gate !== undefined) server.on('keylog', (line) => gate.noteKey(line.toString('latin1')));
    server.emit('connection', gate ?? connection);
  });
}

function refuse(error: Error): Handshake {
  const reason = findTlsReason(error);
  return { refused: reason === undefined ? messageOf(error) : `TLS error: ${formatTlsReason(reason)}` };
}

interface Admission {
  readonly current: HandshakeMaterial;
  readonly isCertificateRequired: boolean;
}

/** Decides about the caller's certificate by Envoy's rules, which Node has no options for. */
function admit(stream: TLSSocket, gate: HandshakeGate | undefined, admission: Admission): Handshake {
  const { current, isCertificateRequired } = admission;
  const refusal = gate && verifyPeer(stream, { validation: current.validation, isCertificateRequired });
  if (refusal !== undefined) {
    gate?.refuse(findAlert(refusal.code, stream.getProtocol()), stream.getCipher().standardName);
    stream.destroy();
    const reason =
      refusal.code === 'NO_CERTIFICATE' ? 'PEER_DID_NOT_RETURN_A_CERTIFICATE' : 'CERTIFICATE_VERIFY_FAILED';
    return { refused: `TLS error: ${formatTlsReason(reason)} (${refusal.code}: ${refusal.text})` };
  }
  gate?.open();
  const leaf = gate && stream.getPeerX509Certificate();
  return {
    stream,
    tls: {
      sni: typeof stream.servername === 'string' ? stream.servername : undefined,
      alpn: typeof stream.alpnProtocol === 'string' ? stream.alpnProtocol : undefined,
      peer: leaf && describePeerCertificate(leaf),
      localUriSans: current.localUriSans,
    },
  };
}
