import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { Clock } from '#core/clock.ts';
import { constants } from 'node:os';
import { messageOf, systemCodeOf } from '#core/errors.ts';
import type { Connection } from '#core/connection.ts';
import type { Network } from '#core/network.ts';
import type { Address } from '#core/address.ts';
import type { FailureWords } from '../dialects/types.ts';
import { createDnsNameMatcher } from '../secrets/san-matcher.ts';
import { findTlsReason, formatTlsReason } from '../secrets/tls-errors.ts';
import type { HandshakeMaterial } from '../secrets/tls-material.ts';
import { verifyPeer } from '../secrets/verify-peer.ts';
import type { AbandonSignal } from './abandonment.ts';
import { UpstreamError } from './upstream-error.ts';

/** How connections to an endpoint are made. */
export interface ConnectOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly zone: string;
  readonly endpoint: Address;
  /** The address the endpoint sees; undefined for the zone's default. */
  readonly source: string | undefined;
  /** For TCP and TLS together, as Envoy counts. */
  readonly timeoutMs: number;
  readonly words: FailureWords;
  /** Undefined for plain text; `material` is undefined when a secret is missing. */
  readonly tls: TlsConnectOptions | undefined;
  readonly signal: AbandonSignal;
}

export interface TlsConnectOptions {
  readonly material: HandshakeMaterial | undefined;
  /** Empty sends none. */
  readonly sni: string;
  readonly alpnProtocols: readonly string[];
  /** The certificate must have the SNI among its DNS names. */
  readonly verifiesSni: boolean;
}

export interface EndpointConnection {
  readonly stream: Duplex;
  /** The protocol agreed in the TLS handshake. */
  readonly alpn: string | undefined;
}

/** @throws UpstreamError when no connection comes about in time; the signal's reason when it aborts */
export async function connectEndpoint(options: ConnectOptions): Promise<EndpointConnection> {
  const { signal, words, endpoint } = options;
  if (options.tls !== undefined && options.tls.material === undefined)
    throw handshakeFailure(options, words.secretMissing);
  const attempt = new AbortController();
  const timeout = new UpstreamError({ ...words.timedOut, flag: 'UF', retryKind: 'connect-failure', endpoint });
  const timer = options.clock.setTimer(options.timeoutMs, () => attempt.abort(timeout));
  const abort = () => attempt.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await open(options, attempt.signal);
  } catch (error) {
    if (attempt.signal.aborted) throw attempt.signal.reason;
    // Certificates that can be read can still be refused by the TLS library, for a weak key say.
    throw error instanceof UpstreamError
      ? error
      : handshakeFailure(options, options.words.describeTls(messageOf(error)), error);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', abort);
  }
}

async function open(options: ConnectOptions, signal: AbortSignal): Promise<EndpointConnection> {
  const connection = await connectPlain(options, signal);
  if (options.tls?.material === undefined) return { stream: connection, alpn: undefined };
  const abort = () => connection.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await secure(connection, options, options.tls.material);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function connectPlain(options: ConnectOptions, signal: AbortSignal): Promise<Connection> {
  const { network, zone, endpoint, source, words } = options;
  try {
    return await network.connect(zone, endpoint, { signal, ...(source === undefined ? {} : { source }) });
  } catch (cause) {
    const refusal = words.describeRefusal(findErrorNumber(cause));
    throw new UpstreamError({ ...refusal, flag: 'UF', retryKind: 'connect-failure', endpoint, cause });
  }
}

/** Linux's number of a failed connect; a name that does not resolve has none of its own. */
function findErrorNumber(error: unknown): number {
  const code = systemCodeOf(error);
  const known: Readonly<Record<string, number>> = constants.errno;
  return known[code ?? ''] ?? constants.errno.ECONNREFUSED;
}

async function secure(
  connection: Connection,
  options: ConnectOptions,
  material: HandshakeMaterial,
): Promise<EndpointConnection> {
  const { sni, alpnProtocols, verifiesSni } = options.tls ?? { sni: '', alpnProtocols: [], verifiesSni: false };
  const socket = connectTls({
    socket: connection,
    secureContext: material.context(),
    // Names are checked by Envoy's rules in verifyPeer, which are not Node's.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(sni === '' ? {} : { servername: sni }),
    ...(alpnProtocols.length === 0 ? {} : { ALPNProtocols: Array.from(alpnProtocols) }),
  });
  await waitForHandshake(socket, options);
  const refusal = verifyPeer(socket, {
    validation: material.validation,
    isCertificateRequired: true,
    extraSanMatchers: verifiesSni && sni !== '' ? [createDnsNameMatcher(sni)] : [],
  });
  if (refusal !== undefined) {
    socket.destroy();
    throw handshakeFailure(
      options,
      options.words.describeTls(formatTlsReason('CERTIFICATE_VERIFY_FAILED'), refusal.text),
      new Error(`${refusal.code}: ${refusal.text}`),
    );
  }
  return { stream: socket, alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined };
}

function waitForHandshake(socket: TLSSocket, options: ConnectOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    // Stays for the life of the connection: later errors also show as a close.
    socket.on('error', (error) => {
      const reason = findTlsReason(error);
      reject(handshakeFailure(options, reason && options.words.describeTls(formatTlsReason(reason)), error));
    });
    socket.once('close', () => reject(handshakeFailure(options, undefined)));
  });
}

function handshakeFailure(
  { words, endpoint }: ConnectOptions,
  transportFailure: string | undefined,
  cause?: unknown,
): UpstreamError {
  return new UpstreamError({
    ...words.handshake,
    flag: 'UF',
    retryKind: 'connect-failure',
    transportFailure,
    endpoint,
    cause,
  });
}
