import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock } from '#core/clock.ts';
import { messageOf, systemCodeOf } from '#core/errors.ts';
import type { Network } from '#core/network.ts';
import type { ProxyLog } from '../log.ts';

const METADATA_ADDRESS = { host: '169.254.169.254', port: 80 };
const TRIES = 4;
const TRY_TIMEOUT_MS = 5_000;
const PAUSE_MS = 1_000;

export interface MetadataSource {
  readonly clock: Clock;
  readonly network: Network;
  readonly zone: string;
  readonly log: ProxyLog;
  /** Aborts when the process ends: nothing may outlive it. */
  readonly signal: AbortSignal;
}

export interface MetadataRequest {
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
  document: MetadataRequest,
  signal: AbortSignal,
): Promise<string> {
  const connection = await network.connect(zone, METADATA_ADDRESS, { signal });
  const body = new Promise<string>((resolve, reject) => {
    const call = request(
      { ...METADATA_ADDRESS, ...document, signal, createConnection: () => connection },
      (response) => {
        if ((response.statusCode ?? 0) >= 400) {
          response.resume();
          reject(new Error('HTTP response code said error'));
        } else {
          text(response).then(resolve, reject);
        }
      },
    );
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
