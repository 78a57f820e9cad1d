import type { Instant } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { createCachedCredentials } from './cached-credentials.ts';
import { readContainerToken, type ContainerEndpoint } from './container-endpoint.ts';
import type { ChainProvider } from './credential-chain.ts';
import type { CredentialEnvironment } from './credential-environment.ts';
import { fetchMetadata } from './fetch-metadata.ts';
import { parseExpiration, parseKeyDocument, toCredentials, type KeyDocument } from './key-document.ts';
import { maskSecret } from './mask-secret.ts';
import type { Credentials } from './types.ts';

const CACHE_MS = 3_600_000;
const LEAST_LIFE_MS = 5_000;

/**
 * Keys of a task or pod as the blocking client fetches them (gateways.md 3.4): again after an hour, or when less than 5 s of
 * life are left. A release that cannot read the expiry takes it for long past, so that every request fetches (B23).
 */
export function createContainerCredentials(context: CredentialEnvironment, endpoint: ContainerEndpoint): ChainProvider {
  const { clock, log } = context;
  const rules = context.dialect.credentials.container;
  let cached: Credentials | undefined;
  let refreshedAt: Instant | undefined;
  let expiresAt: Instant = 0;

  async function refresh(): Promise<void> {
    log.debug('aws', `Getting AWS credentials from the ${rules.name} at URI: ${endpoint.uri}`);
    const token = await readContainerToken(context);
    const headers: Readonly<Record<string, string>> = token === '' ? {} : { authorization: token };
    const text = await fetchMetadata(context, { address: endpoint.address, path: endpoint.path, headers });
    if (text === undefined) {
      log.error('aws', `Could not load AWS credentials document from the ${rules.name}`);
      return;
    }
    const document = readContainerDocument(text, context);
    if (document === undefined) return;
    cached = toCredentials(document);
    refreshedAt = clock.now();
    expiresAt = (rules.readsExpiry ? parseExpiration(document.expiration) : undefined) ?? expiresAt;
  }

  return {
    source: 'container',
    ...createCachedCredentials({
      isStale: () =>
        refreshedAt === undefined || clock.now() - refreshedAt > CACHE_MS || expiresAt - clock.now() < LEAST_LIFE_MS,
      refresh,
      cached: () => cached,
    }),
  };
}

/** Undefined when it is not a document, which is logged. */
export function readContainerDocument(
  text: string,
  { log, dialect }: Pick<CredentialEnvironment, 'log' | 'dialect'>,
): KeyDocument | undefined {
  const { name } = dialect.credentials.container;
  try {
    const document = parseKeyDocument(text);
    const { accessKeyId, secretAccessKey, sessionToken } = document;
    log.debug(
      'aws',
      `Found following AWS credentials in the ${name}: AccessKeyId=${accessKeyId}, SecretAccessKey=${maskSecret(secretAccessKey)}, Token=${maskSecret(sessionToken)}`,
    );
    return document;
  } catch (error) {
    log.error('aws', `Could not parse AWS credentials document from the ${name}: ${messageOf(error)}`);
    return undefined;
  }
}
