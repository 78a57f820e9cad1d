import type { CredentialEnvironment } from './credential-environment.ts';
import type { CredentialProvider, Credentials } from './types.ts';

/** One link of a chain. */
export interface ChainProvider extends CredentialProvider {
  /** What the timeline calls it: `environment`. */
  readonly source: string;
  /** Whether a fetch in the background is under way that requests have to wait for. */
  isPending?(): boolean;
}

/** A chain is a link itself: of another chain, or behind a role. */
export interface CredentialChain extends CredentialProvider {
  /** Whether a request would have to wait for a fetch in the background. */
  isPending(): boolean;
}

/**
 * Asks providers in order, for each request anew, and takes the first complete pair (gateways.md 3.1). The chain itself
 * remembers nothing but what it last told the timeline.
 */
export function createCredentialChain(
  providers: readonly ChainProvider[],
  environment: Pick<CredentialEnvironment, 'log' | 'timeline' | 'source' | 'signal'>,
): CredentialChain {
  const report = createReporter(environment);

  function ask(index: number): Credentials | undefined | Promise<Credentials | undefined> {
    const provider = providers[index];
    if (environment.signal.aborted) return undefined;
    if (provider === undefined) {
      environment.log.debug('aws', 'No AWS credentials found, using anonymous credentials');
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

  return { getCredentials: () => ask(0), isPending: () => isAnyPending(providers) };
}

/** Those behind one that has keys do not matter. */
function isAnyPending(providers: readonly ChainProvider[]): boolean {
  for (const provider of providers) {
    if (provider.isPending?.() === true) return true;
    const answer = provider.getCredentials();
    if (answer !== undefined && !(answer instanceof Promise)) return false;
  }
  return false;
}

/** Tells the timeline when the outcome differs from that of the request before. */
function createReporter({ timeline, source }: Pick<CredentialEnvironment, 'timeline' | 'source'>) {
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
