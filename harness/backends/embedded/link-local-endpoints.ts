import type { Connection } from '#core/connection.ts';
import type { MemoryNetwork } from '#core/memory-network.ts';
import { ResourceStack } from '#core/resource-stack.ts';
import { LINK_LOCAL_ADDRESSES } from '#mock-aws/server.ts';
import type { CredentialEndpoint } from '../../topology.ts';

export interface LinkLocalOptions {
  readonly network: MemoryNetwork;
  readonly kubeCluster: string;
  readonly endpoints: readonly CredentialEndpoint[];
  /** Serves a connection that a pod opened. */
  readonly accept: (endpoint: CredentialEndpoint, connection: Connection) => void;
}

/**
 * Lets the pods of a KubeCluster reach endpoints that hand out credentials, at the addresses that every AWS machine has them at.
 * Where there is none nothing answers there, as on a laptop: a connect is lost.
 */
export async function startLinkLocalEndpoints(options: LinkLocalOptions): Promise<AsyncDisposable> {
  const { network, kubeCluster, endpoints, accept } = options;
  const stack = new ResourceStack();
  for (const endpoint of endpoints) {
    for (const host of LINK_LOCAL_ADDRESSES[endpoint]) {
      const address = { host, port: 80 };
      stack.use(await network.listen(kubeCluster, address, (connection) => accept(endpoint, connection)));
    }
  }
  return stack;
}
