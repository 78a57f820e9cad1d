import type { Clock } from '#core/clock.ts';
import type { Network } from '#core/network.ts';
import type { Timeline } from '#core/timeline.ts';
import type { CredentialSource, Dialect } from '../dialects/types.ts';
import type { ProxyLog } from '../log.ts';
import { createEnvironmentCredentials } from './environment-credentials.ts';
import { createInstanceMetadataCredentials } from './instance-metadata-credentials.ts';
import type { CredentialProvider, Credentials } from './types.ts';

export interface CredentialChainOptions {
  /** The process environment as it was at start. Later changes to it are not seen, as in a real process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly network: Network;
  /** The zone that metadata endpoints are reached from. */
  readonly zone: string;
  readonly log: ProxyLog;
  readonly timeline: Timeline;
  /** Aborts when the proxy ends: a fetch under way ends with it. */
  readonly signal: AbortSignal;
  /** The `source` of the timeline events. */
  readonly source: string;
}

/**
 * The default chain of the dialect: each request asks the providers in order and takes the first complete pair
 * (gateways.md 3.1). The chain itself remembers nothing but what it last told the timeline.
 */
export function createCredentialChain(options: CredentialChainOptions): CredentialProvider {
  const providers = options.dialect.credentials.chain.flatMap((source) => createProvider(source, options));
  const report = createReporter(options);

  function ask(index: number): Credentials | undefined | Promise<Credentials | undefined> {
    const provider = providers[index];
    if (options.signal.aborted) return undefined;
    if (provider === undefined) {
      options.log.debug('aws', 'No AWS credentials found, using anonymous credentials');
      report('chain', undefined);
      return undefined;
    }
    const answer = provider.getCredentials();
    const decide = (credentials: Credentials | undefined) => {
      if (credentials === undefined) return ask(index + 1);
      report(provider.source, credentials);
      return credentials;
    };
    return answer instanceof Promise ? answer.then(decide) : decide(answer);
  }

  return { getCredentials: () => ask(0) };
}

interface NamedProvider extends CredentialProvider {
  readonly source: string;
}

function createProvider(source: CredentialSource, options: CredentialChainOptions): NamedProvider[] {
  switch (source) {
    case 'environment':
      return [{ source, ...createEnvironmentCredentials(options.environment, options.log) }];
    case 'instance-metadata-v1':
    case 'instance-metadata-v2': {
      // Exactly this text, as Envoy compares it: gateways.md 3.5.
      if (options.environment['AWS_EC2_METADATA_DISABLED'] === 'true') return [];
      const version = source === 'instance-metadata-v1' ? 'v1' : 'v2';
      return [{ source, ...createInstanceMetadataCredentials(options, version) }];
    }
  }
}

/** Tells the timeline when the outcome differs from that of the request before. */
function createReporter({ timeline, source }: CredentialChainOptions) {
  let last: string | undefined;
  return (provider: string, credentials: Credentials | undefined): void => {
    const outcome = credentials === undefined ? 'missing' : 'found';
    const summary = `${provider} ${outcome} ${credentials?.accessKeyId}`;
    if (summary === last) return;
    last = summary;
    const key = credentials === undefined ? {} : { accessKeyId: credentials.accessKeyId };
    timeline.emit({ type: 'credential', source, provider, outcome, ...key });
  };
}
