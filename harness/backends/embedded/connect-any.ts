import type { Clock } from '#core/clock.ts';
import type { Connection } from '#core/connection.ts';
import { MeshrigError } from '#core/errors.ts';
import type { ConnectOptions, Network } from '#core/network.ts';
import type { Address } from '#core/address.ts';

export interface ConnectAnyOptions extends ConnectOptions {
  readonly network: Pick<Network, 'connect' | 'resolve'>;
  readonly clock: Clock;
  readonly zone: string;
  /** Told of each address that did not answer in time. */
  readonly onSilence?: (address: Address, waitedMs: number) => void;
}

/** How long an operating system waits for one address: seed 002 shows 75 s for each of three. */
const CONNECT_TIMEOUT_MS = 75_000;

/**
 * Connects to a name as curl does: its addresses one after another, until one answers.
 *
 * @throws MeshrigError `UNREACHABLE` in curl's words when the last address does not answer; what else the last connect fails with
 */
export async function connectAny(address: Address, options: ConnectAnyOptions): Promise<Connection> {
  const { network, clock, zone, signal } = options;
  const startedAt = clock.now();
  let failure: unknown;
  for (const host of await network.resolve(zone, address.host)) {
    try {
      return await connectInTime({ host, port: address.port }, options);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ConnectTimeout) options.onSilence?.({ host, port: address.port }, CONNECT_TIMEOUT_MS);
      failure = error;
    }
  }
  if (!(failure instanceof ConnectTimeout)) throw failure;
  throw new MeshrigError(
    'UNREACHABLE',
    `Failed to connect to ${address.host} port ${address.port} after ${clock.now() - startedAt} ms: Couldn't connect to server`,
  );
}

class ConnectTimeout extends Error {}

async function connectInTime(address: Address, { network, clock, zone, signal, source }: ConnectAnyOptions) {
  const attempt = new AbortController();
  const abort = () => attempt.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const timer = clock.setTimer(CONNECT_TIMEOUT_MS, () => attempt.abort(new ConnectTimeout()));
  try {
    return await network.connect(zone, address, { signal: attempt.signal, ...(source !== undefined && { source }) });
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', abort);
  }
}
