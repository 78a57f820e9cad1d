import { randomBytes } from 'node:crypto';
import { MeshrigError } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { createRealClock } from '#core/real-clock.ts';
import type { TimelineEvent, TimelineEventOf } from '#core/timeline.ts';
import { createRecentTimeline } from '../aws-server/recent-timeline.ts';
import { readAwsConfig } from '../aws-server/read-aws-config.ts';
import { startAwsServer, type AwsServer } from '../aws-server/start-aws-server.ts';
import { explainFailure } from '../explain/explain-failure.ts';
import { createExplanationLines } from '../reporters/explanation-lines.ts';
import type { CommandIo } from './command-io.ts';
import { watchInterruption } from './interruption.ts';

export interface AwsCommandOptions {
  readonly port: string;
  readonly config?: string;
  readonly hostPolicy?: 'own-port' | 'strict';
}

/** `meshrig aws`: serves until it is interrupted. Resolves with the exit code. */
export async function awsCommand(options: AwsCommandOptions, io: CommandIo): Promise<number> {
  const port = parsePort(options.port);
  const config = options.config === undefined ? undefined : await readAwsConfig(options.config);
  const clock = createRealClock();
  const timeline = createRecentTimeline(clock);
  using interruption = watchInterruption({ stderr: io.stderr });
  await using server = await startAwsServer({
    clock,
    timeline,
    // Keys that nobody can guess: the server is real, even if its cloud is not.
    random: createRandom(randomBytes(32).toString('hex')),
    port,
    ...(options.hostPolicy !== undefined && { hostPolicy: options.hostPolicy }),
    ...(config !== undefined && { config }),
    ...(options.config !== undefined && { configFile: options.config }),
  });
  using _ = timeline.subscribe((event) => {
    for (const line of describeEvent(event, timeline.events(), server)) io.stderr.write(`${line}\n`);
  });
  io.stdout.write(createGreeting(server));
  await waitForAbort(interruption.signal);
  return interruption.received() === 'SIGTERM' ? 143 : 130;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new MeshrigError('USAGE', `Failed to read option "--port": "${text}" is not a number from 0 to 65535`);
}

/** Lines for a shell. It is the only time the secret is shown. */
function createGreeting({ url, region, accountId, accessKey }: AwsServer): string {
  return [
    `# strict mock AWS at ${url}, account ${accountId}; ctrl-c stops it`,
    `export AWS_ENDPOINT_URL=${url}`,
    // SDKs read the first, the AWS CLI and boto3 the second.
    `export AWS_REGION=${region}`,
    `export AWS_DEFAULT_REGION=${region}`,
    `export AWS_ACCESS_KEY_ID=${accessKey.accessKeyId}`,
    `export AWS_SECRET_ACCESS_KEY=${accessKey.secretAccessKey}`,
    '# try: aws sts get-caller-identity --endpoint-url $AWS_ENDPOINT_URL',
    '',
  ].join('\n');
}

function describeEvent(event: TimelineEvent, events: readonly TimelineEvent[], server: AwsServer): string[] {
  if (event.type === 'aws-answered') {
    const code = event.code === undefined ? '' : `  ${event.code}`;
    return [`${event.status}  ${event.service}  ${event.operation}${code}`];
  }
  if (event.type === 'verdict' && !event.accepted) return describeRefusal(event, events, server);
  return [];
}

function describeRefusal(
  event: TimelineEventOf<'verdict'>,
  events: readonly TimelineEvent[],
  { findSecretAccessKey }: AwsServer,
): string[] {
  const explanation = explainFailure(events, { awsRequestId: event.awsRequestId }, { findSecretAccessKey });
  const headline = `${event.status}  ${event.service}  ${event.code ?? ''}`.trimEnd();
  return explanation === undefined ? [headline] : [headline, ...createExplanationLines(explanation, '     ')];
}

function waitForAbort(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
