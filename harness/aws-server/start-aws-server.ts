import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { zipSync } from 'fflate';
import type { Clock } from '#core/clock.ts';
import { MeshrigError, messageOf } from '#core/errors.ts';
import { createHostNetwork } from '#core/host-network.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import { readCodeArchive } from '#mock-aws/lambda/code-archive.ts';
import { createMockAws, type MockAws } from '#mock-aws/server.ts';
import { parseDuration } from '../duration.ts';
import type { KnownAccessKey } from '../topology.ts';
import type { AwsConfig } from './aws-config.ts';

export interface AwsServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  /** Of loopback; 0 for a free one. */
  readonly port: number;
  /** `own-port` (default) takes the listener's port in Host for the default port; `strict` drops every port, as AWS. */
  readonly hostPolicy?: 'own-port' | 'strict';
  readonly config?: AwsConfig;
  /** The config's own path: files it names are found from there. */
  readonly configFile?: string;
}

export interface AwsServer extends AsyncDisposable {
  readonly url: string;
  readonly region: string;
  readonly accountId: string;
  /** A key made for whoever started the server. */
  readonly accessKey: KnownAccessKey;
  /** For explanations; it goes nowhere else. */
  readonly findSecretAccessKey: (accessKeyId: string) => string | undefined;
}

const USER = 'meshrig';
const LOOPBACK = '127.0.0.1';

/**
 * Starts the strict mock for clients outside meshrig: one port on loopback for Lambda, IAM and STS.
 *
 * @throws MeshrigError `PORT_IN_USE`; `UNREADABLE_FILE` for a function's file
 */
export async function startAwsServer(options: AwsServerOptions): Promise<AwsServer> {
  const mock = createMock(options);
  try {
    await createFunctions(mock, options);
    createUsers(mock, options.config);
    const address = { host: LOOPBACK, port: options.port };
    const accept = (connection: Parameters<MockAws['accept']>[1]) => mock.accept('any', connection);
    const listener = await createHostNetwork(options.clock).listen('machine', address, accept);
    mock.iam.createUser(USER);
    const { accessKeyId, secretAccessKey } = mock.iam.createAccessKey(USER, { isSettled: true });
    return {
      url: `http://${LOOPBACK}:${listener.address.port}`,
      region: mock.region,
      accountId: mock.accountId,
      accessKey: { accessKeyId, secretAccessKey },
      findSecretAccessKey: (id) => mock.iam.findShownKey(id)?.secretAccessKey,
      async [Symbol.asyncDispose]() {
        await listener.close();
        await mock[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await mock[Symbol.asyncDispose]();
    throw error;
  }
}

function createMock({ clock, random, timeline, hostPolicy, config = {} }: AwsServerOptions): MockAws {
  const { region, accountId, propagationDelay } = config;
  const policy = hostPolicy ?? config.hostPolicy ?? 'own-port';
  return createMockAws({
    clock,
    random,
    timeline,
    hostPolicy: policy === 'strict' ? 'aws' : 'own-port',
    ...(region !== undefined && { region }),
    ...(accountId !== undefined && { accountId }),
    ...(propagationDelay !== undefined && { propagationDelayMs: parseDuration(propagationDelay) ?? 0 }),
  });
}

function createUsers(mock: MockAws, { users = {} }: AwsConfig = {}): void {
  for (const [name, { accessKeys = [] }] of Object.entries(users)) {
    mock.iam.createUser(name);
    for (const credentials of accessKeys) mock.iam.createAccessKey(name, { credentials, isSettled: true });
  }
}

async function createFunctions(mock: MockAws, { config = {}, configFile = '.' }: AwsServerOptions): Promise<void> {
  for (const [name, { file, timeout, environment }] of Object.entries(config.functions ?? {})) {
    mock.lambda.createFunction({
      name,
      code: readCodeArchive(zipSync({ 'index.mjs': await readCode(resolve(dirname(configFile), file), name) })),
      ...(timeout !== undefined && { timeoutMs: parseDuration(timeout) ?? 0 }),
      ...(environment !== undefined && { environment }),
    });
  }
}

async function readCode(file: string, functionName: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const message = `Failed to read the code of function "${functionName}": ${messageOf(cause)}`;
    throw new MeshrigError('UNREADABLE_FILE', message, { cause });
  }
}
