import type { Clock } from '#core/clock.ts';
import { createHostNetwork } from '#core/host-network.ts';
import type { Network } from '#core/network.ts';
import type { Address } from '#core/address.ts';
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
  /** Overrules the config's: see `hostPolicy` of {@link MockConfig}. Default `own-port`. */
  readonly hostPolicy?: NonNullable<MockConfig['hostPolicy']>;
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

/** Nobody but the owner of this process reads them, and what is kept is copied by the garbage collector twice. */
const REMEMBERED = 100;

/**
 * Starts the mock for clients outside this process.
 *
 * Its host policy is `own-port` unless told otherwise: an SDK pointed at `localhost:PORT` signs that port, and only that
 * one is left in Host.
 *
 * @throws MeshrigError `PORT_IN_USE`; `UNREADABLE_FILE` for a function's file
 */
export async function startMockAwsServer(options: MockAwsServerOptions): Promise<MockAwsServer> {
  const { clock, host = '127.0.0.1', port = 0, config } = options;
  const network = createHostNetwork(clock);
  const aws = createConfiguredMock(options, network);
  try {
    if (config !== undefined) applyMockConfig(aws, config.values, config.file);
    const listener = await network.listen('aws', { host, port }, (connection) => {
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
  } catch (error) {
    await aws[Symbol.asyncDispose]();
    throw error;
  }
}

function createConfiguredMock(
  { clock, random, timeline, hostPolicy, config }: MockAwsServerOptions,
  network: Network,
): MockAws {
  const { region, accountId, propagationDelayMs, ...values } = config?.values ?? {};
  const policy = hostPolicy ?? values.hostPolicy ?? 'own-port';
  return createMockAws({
    clock,
    random,
    timeline,
    remembered: REMEMBERED,
    outside: { network, zone: 'aws' },
    hostPolicy: policy === 'strict' ? 'aws' : 'own-port',
    ...(region !== undefined && { region }),
    ...(accountId !== undefined && { accountId }),
    ...(propagationDelayMs !== undefined && { propagationDelayMs }),
  });
}
