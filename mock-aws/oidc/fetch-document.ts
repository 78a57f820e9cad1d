import { request as sendRequest, type IncomingMessage } from 'node:http';
import { TLSSocket, type DetailedPeerCertificate } from 'node:tls';
import type { Clock } from '#core/clock.ts';
import { createNetworkAgent } from '#core/http.ts';
import type { Network } from '#core/network.ts';

/** How STS reaches the outside: issuers of tokens lie anywhere. */
export interface OutsideAccess {
  readonly network: Network;
  readonly zone: string;
  readonly clock: Clock;
  /** Root certificates that STS trusts; undefined trusts those of Node. Asked for each time: a world may add some. */
  readonly trustedRoots?: () => string | readonly string[];
}

/** Why a document could not be had. */
export type FetchFailure = 'unreachable' | 'thumbprint' | 'unusable';

export class FetchError extends Error {
  readonly failure: FetchFailure;

  constructor(failure: FetchFailure, message: string) {
    super(message);
    this.name = 'FetchError';
    this.failure = failure;
  }
}

const TIME_LIMIT_MS = 5000;
/** Published documents are small; one that is not is not read to its end. */
const MAX_BYTES = 256 * 1024;

/**
 * Gets a JSON document over HTTPS, within five seconds.
 *
 * A certificate is good when its chain leads to a trusted root, or when a certificate of the chain has one of the
 * thumbprints (aws.md 3.2 row 6).
 *
 * @throws FetchError
 */
export async function fetchDocument(
  url: string,
  access: OutsideAccess,
  thumbprints: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const ended = new AbortController();
  const limit = access.clock.setTimer(TIME_LIMIT_MS, () => ended.abort());
  try {
    const response = await openResponse(url, access, ended.signal);
    if (!isTrusted(response, thumbprints)) throw new FetchError('thumbprint', `${url}: the certificate is not trusted`);
    if (response.statusCode !== 200) throw new FetchError('unusable', `${url}: status ${response.statusCode}`);
    return parseDocument(await readText(response), url);
  } catch (error) {
    if (error instanceof FetchError) throw error;
    throw new FetchError('unreachable', `${url}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    limit.cancel();
    ended.abort();
  }
}

function openResponse(url: string, access: OutsideAccess, signal: AbortSignal): Promise<IncomingMessage> {
  const { hostname, port, pathname, search, protocol } = parseUrl(url);
  const roots = access.trustedRoots?.();
  const ca = roots === undefined ? {} : { ca: typeof roots === 'string' ? roots : [...roots] };
  // Whether the certificate is good is decided afterwards: a thumbprint may do.
  const agent = createNetworkAgent(access.network, access.zone, { tls: { rejectUnauthorized: false, ...ca } });
  return new Promise((resolve, reject) => {
    const headers = { accept: 'application/json', connection: 'close' };
    const target = { agent, protocol, host: hostname, port: port === '' ? 443 : Number(port) };
    const request = sendRequest({ ...target, path: `${pathname}${search}`, headers, signal }, resolve);
    request.on('error', reject);
    // A connection that hangs is not the request's yet, so the signal is listened to here as well.
    signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
    request.end();
  });
}

function parseUrl(url: string): URL {
  if (!URL.canParse(url) || !url.startsWith('https://'))
    throw new FetchError('unusable', `${url}: not an https address`);
  return new URL(url);
}

function isTrusted({ socket }: IncomingMessage, thumbprints: readonly string[]): boolean {
  if (!(socket instanceof TLSSocket)) return false;
  if (socket.authorized) return true;
  const wanted = new Set(thumbprints.map((thumbprint) => thumbprint.toLowerCase()));
  return listThumbprints(socket.getPeerCertificate(true)).some((thumbprint) => wanted.has(thumbprint));
}

function listThumbprints(leaf: DetailedPeerCertificate): string[] {
  const found: string[] = [];
  const seen = new Set<DetailedPeerCertificate>();
  for (let certificate: DetailedPeerCertificate | undefined = leaf; certificate !== undefined;) {
    if (seen.has(certificate) || certificate.fingerprint === undefined) break;
    seen.add(certificate);
    found.push(certificate.fingerprint.replaceAll(':', '').toLowerCase());
    certificate = certificate.issuerCertificate as DetailedPeerCertificate | undefined;
  }
  return found;
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new FetchError('unusable', 'the document is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseDocument(text: string, url: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Falls through to the one answer for all that is no document.
  }
  throw new FetchError('unusable', `${url}: no JSON document`);
}
