import type { Authority } from '#core/certificates.ts';
import { trackComputation, type Clock } from '#core/clock.ts';
import { MeshrigError } from '#core/errors.ts';
import type { MemoryNetwork } from '#core/memory-network.ts';
import type { ResourceStack } from '#core/resource-stack.ts';
import type { MockAws } from '#mock-aws/server.ts';
import type { LoadBalancerOptions } from '../../topology.ts';
import { VPC_ZONE } from './zones.ts';

export interface LoadBalancerPlace {
  readonly mock: MockAws;
  readonly clock: Clock;
  readonly network: MemoryNetwork;
  /** Issues the certificates of TLS listeners. */
  readonly authority: Authority;
  readonly stack: ResourceStack;
}

const HTTPS_PORT = 443;
const DEFAULT_LISTENERS = [80, HTTPS_PORT];

/**
 * Starts internal load balancers: their names resolve everywhere, to private addresses that only the VPC reaches.
 *
 * @throws MeshrigError `INVALID_SCENARIO` when the function does not exist
 */
export async function startLoadBalancers(
  loadBalancers: Readonly<Record<string, LoadBalancerOptions>>,
  place: LoadBalancerPlace,
): Promise<void> {
  for (const [name, options] of Object.entries(loadBalancers)) await startLoadBalancer(name, options, place);
}

async function startLoadBalancer(name: string, options: LoadBalancerOptions, place: LoadBalancerPlace): Promise<void> {
  const { mock, clock, network, authority, stack } = place;
  const { function: functionName, addresses, listeners = DEFAULT_LISTENERS } = options;
  if (mock.lambda.findFunction(functionName) === undefined)
    throw new MeshrigError(
      'INVALID_SCENARIO',
      `Failed to start load balancer "${name}": there is no function "${functionName}"`,
    );
  const identity = await trackComputation(clock, () =>
    authority.issue({ commonName: name, dnsNames: [name], usage: 'server' }),
  );
  const balancer = mock.createLoadBalancer({ name, targetGroup: { name: functionName, functionName }, identity });
  stack.use(network.addName('*', name, addresses));
  for (const host of addresses) {
    for (const port of listeners) {
      const accept = network.listen(VPC_ZONE, { host, port }, (connection) =>
        balancer.accept(connection, { tls: port === HTTPS_PORT }),
      );
      stack.use(await accept);
    }
  }
}
