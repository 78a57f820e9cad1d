import type { Clock } from '#core/clock.ts';
import { messageOf, systemCodeOf } from '#core/errors.ts';
import { exposePort, join } from '#core/expose-port.ts';
import type { MemoryNetwork } from '#core/memory-network.ts';
import type { Listener } from '#core/network.ts';
import type { Address } from '#core/address.ts';
import type { Timeline } from '#core/timeline.ts';
import type { Forward } from '../backend.ts';
import { createHttpCaller } from './http-caller.ts';
import { MACHINE_ZONE } from './zones.ts';

export interface PortForwardOptions {
  readonly network: MemoryNetwork;
  readonly clock: Clock;
  readonly timeline: Timeline;
  readonly nextCallId: () => number;
  readonly hostPort: number;
  /** Whether to open the port on the machine's loopback too. */
  readonly isExposed: boolean;
  /** The service that answers, in words and as an address of `zone`. */
  readonly service: string;
  readonly zone: string;
  readonly target: Address;
  /** The address that the service sees calls come from: the node's. */
  readonly nodeAddress: string;
}

const LOOPBACK = '127.0.0.1';

/**
 * Forwards a port of the caller's machine into a KubeCluster. It copies bytes, as `kubectl port-forward` and k3d's load balancer do: the
 * Host header keeps the port the caller used.
 */
export async function startPortForward(options: PortForwardOptions): Promise<Forward> {
  const { network, zone, target } = options;
  const connect = () =>
    network.connect(zone, target, { source: options.nodeAddress }).catch((error: unknown) => {
      reportFailure(options, error);
      throw error;
    });
  const exposure = options.isExposed
    ? await exposePort({ clock: options.clock, port: options.hostPort, connect })
    : undefined;
  const hostPort = exposure?.address.port ?? options.hostPort;
  const inMemory = await network.listen(MACHINE_ZONE, { host: LOOPBACK, port: hostPort }, (outside) => {
    connect().then(
      (inside) => join(outside, inside),
      () => outside.reset(),
    );
  });
  return createForward(options, inMemory, exposure);
}

/** As kubectl prints it: the caller sees a lost connection only. */
function reportFailure({ timeline, service }: PortForwardOptions, error: unknown): void {
  const phase = systemCodeOf(error) === 'ECONNREFUSED' ? 'refused' : 'failed';
  timeline.emit({ type: 'connection', source: 'port-forward', phase, to: service, reason: messageOf(error) });
}

function createForward(options: PortForwardOptions, inMemory: Listener, exposure: Listener | undefined): Forward {
  const { port } = inMemory.address;
  const caller = createHttpCaller({
    network: options.network,
    clock: options.clock,
    timeline: options.timeline,
    zone: MACHINE_ZONE,
    target: { host: LOOPBACK, port },
    source: 'curl',
    nextCallId: options.nextCallId,
    onSend: (request) =>
      options.timeline.emit({
        type: 'hop',
        source: 'port-forward',
        hop: `port-forward ${port} -> ${options.service}`,
        kind: 'port-forward',
        received: request,
        sent: request,
        to: options.service,
        changes: [],
      }),
  });
  return {
    ...caller,
    hostPort: port,
    url: (path) => `http://${LOOPBACK}:${port}${path}`,
    async [Symbol.asyncDispose]() {
      await exposure?.close();
      await inMemory.close();
    },
  };
}
