import type { Instant } from '#core/clock.ts';
import { createCachedCredentials } from './cached-credentials.ts';
import type { ChainProvider } from './credential-chain.ts';
import type { CredentialEnvironment } from './credential-environment.ts';
import { maskSecret } from './mask-secret.ts';
import { findProfile } from './profile.ts';
import type { TextSource } from './text-source.ts';
import type { Credentials } from './types.ts';

const CACHE_MS = 3_600_000;

export interface FileCredentialsOptions {
  /** Default: `AWS_PROFILE`, else `default`. */
  readonly profile?: string | undefined;
  /** The data source of the configuration (1.33); default: the file that the environment names, or that of the home folder. */
  readonly data?: TextSource | undefined;
}

/**
 * Keys from a credentials file, kept for an hour, and so is the lack of them: a rotation within the hour is not seen
 * (gateways.md 3.3, B28). Only a data source with a watched directory follows its file.
 */
export function createFileCredentials(
  context: CredentialEnvironment,
  options: FileCredentialsOptions = {},
): ChainProvider {
  const { environment, files, clock, log, dialect } = context;
  const profile = options.profile || environment['AWS_PROFILE'] || 'default';
  const path =
    environment['AWS_SHARED_CREDENTIALS_FILE'] || dialect.credentials.locateCredentialsFile(environment['HOME'] ?? '');
  let cached: Credentials | undefined;
  let lookedAt: Instant | undefined;
  options.data?.onChange(() => (lookedAt = undefined));

  async function refresh(): Promise<void> {
    log.debug('aws', 'Getting AWS credentials from the credentials file');
    lookedAt = clock.now();
    const text = await read();
    if (text === undefined) return;
    const origin = options.data === undefined ? path : '<config datasource>';
    log.debug('aws', `Credentials file path = ${origin}, profile name = ${profile}`);
    cached = findProfile(text, profile);
    if (cached !== undefined) log.debug('aws', describe(cached, `for profile '${profile}' in ${origin}`));
  }

  async function read(): Promise<string | undefined> {
    if (options.data !== undefined) return await options.data.read();
    try {
      return (await files.read(path)).toString('utf8');
    } catch {
      log.debug('aws', `Unable to read from credential file ${path}`);
      return undefined;
    }
  }

  return {
    source: 'credentials-file',
    ...createCachedCredentials({
      isStale: () => lookedAt === undefined || clock.now() - lookedAt > CACHE_MS,
      refresh,
      cached: () => cached,
    }),
  };
}

function describe({ accessKeyId, secretAccessKey, sessionToken = '' }: Credentials, place: string): string {
  return `Found following AWS credentials ${place}: AWS_ACCESS_KEY_ID=${accessKeyId}, AWS_SECRET_ACCESS_KEY=${maskSecret(secretAccessKey)}, AWS_SESSION_TOKEN=${maskSecret(sessionToken)}`;
}
