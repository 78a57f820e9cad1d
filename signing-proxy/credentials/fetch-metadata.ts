import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { messageOf, systemCodeOf } from '#core/errors.ts';
import type { Address } from '#core/address.ts';
import type { CredentialEnvironment } from './credential-environment.ts';

const TRIES = 4;
const TRY_TIMEOUT_MS = 5_000;
const PAUSE_MS = 1_000;

/** What a blocking fetch needs. */
export type MetadataSource = Pick<CredentialEnvironment, 'clock' | 'network' | 'zone' | 'log' | 'signal'>;

export interface MetadataRequest {
  readonly address: Address;
  readonly method?: 'GET' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Gets a document from the metadata service as Envoy's first client did: four tries of at most five seconds, each failed
 * one followed by a second's pause, so that an address that never answers costs 24 s (gateways.md 3.5).
 *
 * Rejects when the signal aborts, and only then.
 */
export async function fetchMetadata(source: MetadataSource, document: MetadataRequest): Promise<string | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const body = await tryOnce(source, document);
    if (body !== undefined) return body === '' ? undefined : body;
    await source.clock.sleep(PAUSE_MS, source.signal);
  }
  return undefined;
}

async function tryOnce(source: MetadataSource, document: MetadataRequest): Promise<string | undefined> {
  const abort = new AbortController();
  const timer = source.clock.setTimer(TRY_TIMEOUT_MS, () => abort.abort());
  try {
    return await send(source, document, AbortSignal.any([abort.signal, source.signal]));
  } catch (error) {
    source.signal.throwIfAborted();
    source.log.debug(
      'misc',
      `Could not fetch AWS metadata: ${abort.signal.aborted ? 'Timeout was reached' : describe(error)}`,
    );
    return undefined;
  } finally {
    timer.cancel();
  }
}

/** Connects by itself: a request that waits for an agent's connection cannot be aborted. */
async function send(
  { network, zone }: MetadataSource,
  { address, ...document }: MetadataRequest,
  signal: AbortSignal,
): Promise<string> {
  const connection = await network.connect(zone, address, { signal });
  const body = new Promise<string>((resolve, reject) => {
    const call = request({ ...address, ...document, signal, createConnection: () => connection }, (response) => {
      if ((response.statusCode ?? 0) >= 400) {
        response.resume();
        reject(new Error('HTTP response code said error'));
      } else {
        text(response).then(resolve, reject);
      }
    });
    call.on('error', reject);
    call.end();
  });
  return await body.finally(() => connection.destroy());
}

/** The words of libcurl, which Envoy logs. */
function describe(error: unknown): string {
  switch (systemCodeOf(error)) {
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return "Couldn't connect to server";
    case 'ECONNRESET':
      return 'Failure when receiving data from the peer';
    case undefined:
    default:
      return messageOf(error);
  }
}
