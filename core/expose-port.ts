import { pipeline } from 'node:stream';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { createHostNetwork } from './host-network.ts';
import type { Listener } from './network.ts';

/** Real milliseconds that a client may think before virtual time goes on without it: an idle connection must not hold up a run. */
const LONGEST_TURN_MS = 10_000;

export interface PortExposure {
  readonly clock: Clock;
  /** On loopback; 0 takes a free one. */
  readonly port: number;
  /** Opens the connection inside that an accepted socket is joined to. */
  readonly connect: () => Promise<Connection>;
}

/**
 * Opens a real port on loopback whose connections continue on a network in memory, so that a real client outside this
 * process can reach a scenario. While such a socket is open the clock watches the event loop instead of knowing it, and while it is
 * the client's turn to speak the clock follows real time: a busy machine must not cost it its patience.
 *
 * @throws MeshrigError `PORT_IN_USE`, naming the process that has the port where the system tells.
 */
export async function exposePort(exposure: PortExposure): Promise<Listener> {
  const open = new Set<Connection>();
  const listener = await createHostNetwork(exposure.clock).listen(
    'machine',
    { host: '127.0.0.1', port: exposure.port },
    (outside) => {
      open.add(outside);
      outside.once('close', () => open.delete(outside));
      const turn = new ClientTurn(exposure.clock);
      turn.begin();
      outside.once('close', () => turn.end());
      exposure.connect().then(
        (inside) => {
          join(outside, inside);
          inside.on('data', () => turn.begin());
          outside.on('data', () => turn.end());
          outside.once('end', () => turn.end());
        },
        () => outside.reset(),
      );
    },
  );
  const close = async () => {
    await listener.close();
    for (const connection of open) connection.destroy();
  };
  return { address: listener.address, close, [Symbol.asyncDispose]: close };
}

/** Joins two connections into one: bytes and ends both ways, and a failure of either is a reset of the other. */
export function join(a: Connection, b: Connection): void {
  pipeline(a, b, (error) => {
    if (error) b.reset();
  });
  pipeline(b, a, (error) => {
    if (error) a.reset();
  });
}

/** A client outside is to speak next: from connecting on, and from being sent bytes on, until it sends some. */
class ClientTurn {
  readonly #clock: Clock;
  #activity: Disposable | undefined;
  #limit: NodeJS.Timeout | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(): void {
    this.end();
    this.#activity = this.#clock.noteOutside('process');
    this.#limit = setTimeout(() => this.end(), LONGEST_TURN_MS).unref();
  }

  end(): void {
    clearTimeout(this.#limit);
    this.#activity?.[Symbol.dispose]();
    this.#activity = undefined;
  }
}
