import type { Instant } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import type { MetadataVersion } from '../dialects/types.ts';
import { createCachedCredentials } from './cached-credentials.ts';
import type { ChainProvider } from './credential-chain.ts';
import { fetchMetadata, type MetadataRequest, type MetadataSource } from './fetch-metadata.ts';
import { findRole, METADATA_ADDRESS, ROLES_PATH, TOKEN_HEADER, TOKEN_REQUEST } from './instance-metadata.ts';
import { parseKeyDocument, toCredentials, type KeyDocument } from './key-document.ts';
import { maskSecret } from './mask-secret.ts';
import type { Credentials } from './types.ts';

const CACHE_MS = 3_600_000;

/** How the releases with one version of the service, or the other, tell what happens (gateways.md 3.5). */
const WORDS = {
  v1: {
    service: 'instance metadata',
    noRoles: 'No AWS credentials were found in the instance metadata',
    unreadable: 'Could not parse AWS credentials document from the instance metadata',
    describe: ({ accessKeyId, secretAccessKey, sessionToken }: KeyDocument) =>
      `Found following AWS credentials in the instance metadata: AccessKeyId=${accessKeyId}, SecretAccessKey=${maskSecret(secretAccessKey)}, Token=${maskSecret(sessionToken)}`,
  },
  v2: {
    service: 'EC2MetadataService',
    noRoles: 'No roles found to fetch AWS credentials from the EC2MetadataService',
    unreadable: 'Could not parse AWS credentials document',
    describe: ({ accessKeyId, secretAccessKey, sessionToken }: KeyDocument) =>
      `Obtained following AWS credentials from the EC2MetadataService: AWS_ACCESS_KEY_ID=${accessKeyId}, AWS_SECRET_ACCESS_KEY=${maskSecret(secretAccessKey)}, AWS_SESSION_TOKEN=${maskSecret(sessionToken)}`,
  },
} as const;

/**
 * Keys from the EC2 instance metadata service as Envoy's blocking client fetches them (gateways.md 3.5; version 1 up to
 * 1.24): under a lock, once per hour, and again for every request as long as it fails (B22).
 */
export function createInstanceMetadataCredentials(options: MetadataSource, version: MetadataVersion): ChainProvider {
  const { clock, log } = options;
  let cached: Credentials | undefined;
  let refreshedAt: Instant | undefined;

  async function refresh(): Promise<void> {
    log.debug('aws', `Getting AWS credentials from the ${WORDS[version].service}`);
    const credentials = await fetchCredentials(options, version);
    if (credentials === undefined) return;
    cached = credentials;
    refreshedAt = clock.now();
  }

  return {
    source: `instance-metadata-${version}`,
    ...createCachedCredentials({
      isStale: () => refreshedAt === undefined || clock.now() - refreshedAt > CACHE_MS,
      refresh,
      cached: () => cached,
    }),
  };
}

async function fetchCredentials(options: MetadataSource, version: MetadataVersion): Promise<Credentials | undefined> {
  const { log } = options;
  const { service, noRoles } = WORDS[version];
  const headers = version === 'v2' ? await fetchToken(options) : {};
  const get = (path: string) => fetchMetadata(options, { address: METADATA_ADDRESS, path, headers });
  const listing = await get(ROLES_PATH);
  if (listing === undefined) {
    log.error('aws', `Could not retrieve credentials listing from the ${service}`);
    return undefined;
  }
  const role = findRole(listing);
  if (role === undefined) {
    log.error('aws', noRoles);
    return undefined;
  }
  log.debug('aws', `AWS credentials list:\n${listing}`);
  const path = `${ROLES_PATH}/${role}`;
  log.debug('aws', `AWS credentials path: ${path}`);
  const document = await get(path);
  if (document === undefined) {
    log.error('aws', `Could not load AWS credentials document from the ${service}`);
    return undefined;
  }
  return readDocument(document, options, version);
}

/** Without a token it goes on as version 1 would. */
async function fetchToken(options: MetadataSource): Promise<NonNullable<MetadataRequest['headers']>> {
  const token = await fetchMetadata(options, { address: METADATA_ADDRESS, ...TOKEN_REQUEST });
  if (token !== undefined) {
    options.log.debug('aws', 'Obtained token to make secure call to EC2MetadataService');
    return { [TOKEN_HEADER]: token.trim() };
  }
  options.log.warning('aws', 'Failed to get token from EC2MetadataService, falling back to less secure way');
  return {};
}

function readDocument(text: string, { log }: MetadataSource, version: MetadataVersion): Credentials | undefined {
  const words = WORDS[version];
  try {
    const document = parseKeyDocument(text);
    log.debug('aws', words.describe(document));
    return toCredentials(document);
  } catch (error) {
    log.error('aws', `${words.unreadable}: ${messageOf(error)}`);
    return undefined;
  }
}
