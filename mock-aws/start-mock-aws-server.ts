import type { Clock } from '#core/clock.ts';
import { createHostNetwork } from '#core/host-network.ts';
import type { Address } from '#core/network.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import type { MockConfig } from './config.ts';
import { applyMockConfig } from './config/apply-config.ts';
import { createMockAws, type MockAws } from './server.ts';

export interface MockAwsServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** 0 (default) takes a free port. */
  readonly port?: number;
  /** The config and the file it came from, for files it names. */
  readonly config?: { readonly file: string; readonly values: MockConfig };
}

/** The mock on a real port: every service behind one address, plain HTTP. */
export interface MockAwsServer extends AsyncDisposable {
  readonly aws: MockAws;
  readonly address: Address;
  /** `http://127.0.0.1:4566` */
  readonly url: string;
}

/**
 * Starts the mock for clients outside this process.
 *
 * Its host policy is `own-port`: an SDK pointed at `localhost:PORT` signs that port, and only that one is left in Host.
 *
 * @throws MeshrigError `PORT_IN_USE`; `UNREADABLE_FILE` for a function's file
 */
export async function startMockAwsServer(options: MockAwsServerOptions): Promise<MockAwsServer> {
  const { clock, random, timeline, host = '127.0.0.1', port = 0, config } = options;
  const { region, accountId, hostPolicy = 'own-port', propagationDelayMs } = config?.values ?? {};
  const aws = createMockAws({
    clock,
    random,
    timeline,
    hostPolicy,
    ...(region !== undefined && { region }),
    ...(accountId !== undefined && { accountId }),
    ...(propagationDelayMs !== undefined && { propagationDelayMs }),
  });
  if (config !== undefined) applyMockConfig(aws, config.values, config.file);
  const listener = await createHostNetwork(clock).listen('aws', { host, port }, (connection) => {
    aws.accept('any', connection);
  });
  return {
    aws,
    address: listener.address,
    url: `http://${host}:${listener.address.port}`,
    async [Symbol.asyncDispose]() {
      await listener.close();
      await aws[Symbol.asyncDispose]();
    },
  };
}
