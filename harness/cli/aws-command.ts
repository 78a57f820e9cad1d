import { randomBytes } from 'node:crypto';
import { MeshrigError } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { createRealClock } from '#core/real-clock.ts';
import { createRecentTimeline } from '#core/recent-timeline.ts';
import type { TimelineEvent, TimelineEventOf } from '#core/timeline.ts';
import { loadMockConfig } from '#mock-aws/config.ts';
import type { MockAws } from '#mock-aws/server.ts';
import { startMockAwsServer, type MockAwsServer } from '#mock-aws/start-mock-aws-server.ts';
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
  const config = options.config === undefined ? undefined : readConfig(options.config);
  const clock = createRealClock();
  const timeline = createRecentTimeline(clock);
  using interruption = watchInterruption({ io });
  await using server = await startMockAwsServer({
    clock,
    timeline,
    // Keys that nobody can guess: the server is real, even if its cloud is not.
    random: createRandom(randomBytes(32).toString('hex')),
    port,
    ...(options.hostPolicy !== undefined && { hostPolicy: options.hostPolicy }),
    ...(config !== undefined && { config }),
  });
  using _ = timeline.subscribe((event) => {
    for (const line of describeEvent(event, timeline.events(), server.aws)) io.stderr.write(`${line}\n`);
  });
  io.stdout.write(createGreeting(server));
  return await interruption.stopped;
}

/** The user whose access key is printed. */
const USER = 'meshrig';

function readConfig(file: string) {
  const values = loadMockConfig(file);
  if (values.users?.some(({ name }) => name === USER) !== true) return { file, values };
  throw new MeshrigError(
    'INVALID_CONFIG',
    `Failed to read config "${file}": user "${USER}" is the one that this command makes`,
    { hint: 'Give the user another name.' },
  );
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new MeshrigError('USAGE', `Failed to read option "--port": "${text}" is not a number from 0 to 65535`);
}

/** Lines for a shell, with a new key. It is the only time the secret is shown. */
function createGreeting({ url, aws: { iam, region, accountId } }: MockAwsServer): string {
  iam.createUser(USER);
  const { accessKeyId, secretAccessKey } = iam.createAccessKey(USER, { isSettled: true });
  return [
    `# strict mock AWS at ${url}, account ${accountId}; ctrl-c stops it`,
    `export AWS_ENDPOINT_URL=${url}`,
    // SDKs read the first, the AWS CLI and boto3 the second.
    `export AWS_REGION=${region}`,
    `export AWS_DEFAULT_REGION=${region}`,
    `export AWS_ACCESS_KEY_ID=${accessKeyId}`,
    `export AWS_SECRET_ACCESS_KEY=${secretAccessKey}`,
    '# try: aws sts get-caller-identity --endpoint-url $AWS_ENDPOINT_URL',
    '',
  ].join('\n');
}

function describeEvent(event: TimelineEvent, events: readonly TimelineEvent[], { iam }: MockAws): string[] {
  if (event.type === 'aws-answered') {
    const code = event.code === undefined ? '' : `  ${event.code}`;
    return [`${event.status}  ${event.service}  ${event.operation}${code}`];
  }
  if (event.type === 'verdict' && !event.accepted) return describeRefusal(event, events, iam);
  return [];
}

function describeRefusal(
  event: TimelineEventOf<'verdict'>,
  events: readonly TimelineEvent[],
  iam: MockAws['iam'],
): string[] {
  const findSecretAccessKey = (accessKeyId: string) => iam.findShownKey(accessKeyId)?.secretAccessKey;
  const explanation = explainFailure(events, { awsRequestId: event.awsRequestId }, { findSecretAccessKey });
  const headline = `${event.status}  ${event.service}  ${event.code ?? ''}`.trimEnd();
  return explanation === undefined ? [headline] : [headline, ...createExplanationLines(explanation, '     ')];
}
