import type { Connection } from '#core/connection.ts';
import { systemCodeOf } from '#core/errors.ts';
import type { MemoryNetwork } from '#core/memory-network.ts';
import type { ConnectOptions, Network } from '#core/network.ts';
import { formatAddress, type Address } from '#core/address.ts';
import { ResourceStack } from '#core/resource-stack.ts';

export interface PodNetworkOptions {
  readonly network: MemoryNetwork;
  readonly kubeCluster: string;
  readonly namespace: string;
  /** The pod's own loopback. */
  readonly zone: string;
  readonly ip: string;
  /** Whether what the pod's processes connect to goes through its proxy. */
  readonly isCaptured: boolean;
  /** What the pod's proxy answers for a name when it captures DNS. */
  readonly findCapturedName: (name: string) => string | undefined;
}

/** The network as the processes of one pod see it. */
export interface PodNetwork extends Pick<Network, 'connect' | 'resolve'>, AsyncDisposable {}

/** Where a sidecar's `virtualOutbound` listens. */
const OUTBOUND = { host: '127.0.0.1', port: 15001 };

/**
 * What a pod's processes can reach and how: its loopback directly, everything else through the sidecar, which learns
 * where they wanted to go, as from Istio's iptables rules. Names follow the pod's search path.
 */
export function createPodNetwork(options: PodNetworkOptions): PodNetwork {
  const { network, kubeCluster, zone, ip, isCaptured } = options;
  const stack = new ResourceStack();
  const redirected = new Set<string>();

  /** Each destination is redirected from its first use on. */
  function redirect(destination: Address): void {
    const key = formatAddress(destination);
    if (redirected.has(key)) return;
    redirected.add(key);
    stack.use(network.redirect(zone, destination, OUTBOUND));
  }

  async function resolve(name: string): Promise<readonly string[]> {
    const captured = options.findCapturedName(name);
    return captured === undefined ? await resolveBySearchPath(name, options) : [captured];
  }

  async function connect(address: Address, given: ConnectOptions = {}): Promise<Connection> {
    const [host = address.host] = await resolve(address.host);
    const destination = { host, port: address.port };
    const sent = { source: ip, ...given };
    if (host.startsWith('127.')) return await network.connect(zone, destination, sent);
    if (!isCaptured) return await network.connect(kubeCluster, destination, sent);
    redirect(destination);
    return await network.connect(zone, destination, sent);
  }

  return {
    resolve: (_, name) => resolve(name),
    connect: (_, address, given) => connect(address, given),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** `/etc/resolv.conf` of a pod: a bare name in its own namespace first, then names and addresses as they stand. */
async function resolveBySearchPath(
  name: string,
  { network, kubeCluster, namespace }: PodNetworkOptions,
): Promise<readonly string[]> {
  if (/[.:]/.test(name)) return await network.resolve(kubeCluster, name);
  try {
    return await network.resolve(kubeCluster, `${name}.${namespace}.svc`);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOTFOUND') throw error;
    return await network.resolve(kubeCluster, name);
  }
}
