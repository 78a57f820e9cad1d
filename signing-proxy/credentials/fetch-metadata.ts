import { request, type Agent } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock } from '#core/clock.ts';
import { messageOf, systemCodeOf } from '#core/errors.ts';
import { createNetworkAgent } from '#core/http.ts';
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
}

/**
 * Gets a document from the metadata service as Envoy's first client did: four tries of at most five seconds, each failed
 * one followed by a second's pause, so that an address that never answers costs 24 s (gateways.md 3.5).
 */
export async function fetchMetadata(source: MetadataSource, path: string): Promise<string | undefined> {
  const agent = createNetworkAgent(source.network, source.zone);
  try {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const body = await tryOnce({ ...source, agent, path });
      if (body !== undefined) return body === '' ? undefined : body;
      await source.clock.sleep(PAUSE_MS);
    }
    return undefined;
  } finally {
    agent.destroy();
  }
}

async function tryOnce(options: MetadataSource & { agent: Agent; path: string }): Promise<string | undefined> {
  const abort = new AbortController();
  const timer = options.clock.setTimer(TRY_TIMEOUT_MS, () => abort.abort());
  try {
    return await get(options.agent, options.path, abort.signal);
  } catch (error) {
    options.log.debug(
      'misc',
      `Could not fetch AWS metadata: ${abort.signal.aborted ? 'Timeout was reached' : describe(error)}`,
    );
    return undefined;
  } finally {
    timer.cancel();
  }
}

function get(agent: Agent, path: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ ...METADATA_ADDRESS, path, agent, signal }, (response) => {
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
