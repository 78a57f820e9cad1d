import { trackComputation } from '#core/clock.ts';
import { MeshrigError } from '#core/errors.ts';
import { MemoryNetwork } from '#core/memory-network.ts';
import { formatAddress } from '#core/address.ts';
import { ResourceStack } from '#core/resource-stack.ts';
import type { AwsDescription, KubeClusterDescription, Topology } from '../../topology.ts';
import type { AwsHandle, Backend, Environment, KubeCluster, RunContext, StartedTopology } from '../backend.ts';
import type { EmbeddedAws } from './aws-account.ts';
import type { EmbeddedWorld } from './embedded-world.ts';
import { createPublicAddressPool } from './public-address-pool.ts';
import { AWS_ZONE, INTERNET_ZONE, MACHINE_ZONE, VPC_ZONE } from './zones.ts';

const DEFAULT_REGION = 'us-east-1';

/** Runs everything in this process: KubeClusters, proxies and AWS on a network in memory, in virtual time. */
export function createEmbeddedBackend(): Backend {
  return { name: 'embedded', start: startEnvironment };
}

async function startEnvironment<Description extends Topology>(
  topology: Description,
  run: RunContext,
): Promise<Environment<Description>> {
  const accounts: EmbeddedAws[] = [];
  const world = createWorld(run, findRegion(topology), accounts);
  const stack = new ResourceStack();
  const handles: Record<string, KubeCluster | AwsHandle> = {};
  try {
    for (const [name, description] of Object.entries(topology)) {
      if (description.kind === 'aws')
        accounts.push((handles[name] = stack.use(await startAws(description, world, accounts))));
      else handles[name] = stack.use(await startCluster(description, world));
    }
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
  return {
    // Built from the very entries of `topology`, a handle of the right kind each.
    handles: handles as StartedTopology<Description>,
    findLeaks: () => findLeaks(world),
    findSecretAccessKey: (accessKeyId) =>
      accounts.map((account) => account.findSecretAccessKey(accessKeyId)).find((secret) => secret !== undefined),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

function findRegion(topology: Topology): string {
  const account = Object.values(topology).find((description) => description.kind === 'aws');
  return account?.region ?? DEFAULT_REGION;
}

function createWorld(run: RunContext, region: string, accounts: readonly EmbeddedAws[]): EmbeddedWorld {
  const network = new MemoryNetwork({ clock: run.clock });
  network.addZone(AWS_ZONE);
  network.addZone(VPC_ZONE);
  network.addZone(INTERNET_ZONE);
  network.addZone(MACHINE_ZONE, { reaches: [AWS_ZONE, INTERNET_ZONE] });
  let calls = 0;
  return {
    run: { ...run, network },
    nextCallId: () => ++calls,
    nextPublicAddress: createPublicAddressPool(),
    systemRoots: [],
    region,
    issuers: [],
    acceptForCredentials(endpoint, connection) {
      const [account] = accounts;
      if (account === undefined) connection.reset();
      else account.accept(endpoint, connection);
    },
  };
}

async function startAws(
  description: AwsDescription,
  world: EmbeddedWorld,
  accounts: readonly EmbeddedAws[],
): Promise<EmbeddedAws> {
  if (accounts.length > 0)
    throw new MeshrigError('INVALID_SCENARIO', 'Failed to start a second AWS: endpoint names lead to one account');
  const { startAwsAccount } = await trackComputation(world.run.clock, () => import('./aws-account.ts'));
  return await startAwsAccount(description, world);
}

async function startCluster(
  description: KubeClusterDescription,
  world: EmbeddedWorld,
): Promise<KubeCluster & AsyncDisposable> {
  const { startKubeCluster } = await trackComputation(world.run.clock, () => import('./start-kube-cluster.ts'));
  return await startKubeCluster(description, world);
}

function findLeaks({ run }: EmbeddedWorld): string[] {
  return run.network.openConnections().map(({ localAddress, localPort, remoteAddress, remotePort }) => {
    const from = formatAddress({ host: localAddress, port: localPort });
    return `connection ${from} to ${formatAddress({ host: remoteAddress, port: remotePort })}`;
  });
}
