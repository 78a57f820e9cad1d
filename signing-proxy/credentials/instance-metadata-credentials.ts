import type { Instant } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import type { ProxyLog } from '../log.ts';
import { fetchMetadata, type MetadataSource } from './fetch-metadata.ts';
import type { CredentialProvider, Credentials } from './types.ts';

const SECURITY_CREDENTIALS_PATH = '/latest/meta-data/iam/security-credentials';
const CACHE_MS = 3_600_000;
const SERVICE_NAMES = { v1: 'instance metadata', v2: 'EC2MetadataService' } as const;
const NO_ROLES = {
  v1: 'No AWS credentials were found in the instance metadata',
  v2: 'No roles found to fetch AWS credentials from the EC2MetadataService',
} as const;

/** Which version of the service is spoken, and what the log calls it. */
export type MetadataVersion = 'v1' | 'v2';

/**
 * Keys from the EC2 instance metadata service as Envoy fetches them (gateways.md 3.5; version 1 up to 1.24): with a
 * blocking client, under a lock, once per hour, and again for every request as long as it fails.
 *
 * What blocks here is every request that needs these keys; in Envoy it is the whole worker thread.
 */
export function createInstanceMetadataCredentials(
  options: MetadataSource,
  version: MetadataVersion,
): CredentialProvider {
  const { clock, log } = options;
  let cached: Credentials | undefined;
  let refreshedAt: Instant | undefined;
  let lock: Promise<unknown> = Promise.resolve();

  async function refresh(): Promise<Credentials | undefined> {
    if (refreshedAt !== undefined && clock.now() - refreshedAt <= CACHE_MS) return cached;
    log.debug('aws', `Getting AWS credentials from the ${SERVICE_NAMES[version]}`);
    const credentials = await fetchCredentials(options, version);
    if (credentials !== undefined) {
      cached = credentials;
      refreshedAt = clock.now();
    }
    return cached;
  }

  return {
    getCredentials() {
      // A fetch that was cut off ends with the process, and so does whoever waits for it.
      const next = lock.then(refresh).catch(() => undefined);
      lock = next;
      return next;
    },
  };
}

async function fetchCredentials(options: MetadataSource, version: MetadataVersion): Promise<Credentials | undefined> {
  const { log } = options;
  const service = SERVICE_NAMES[version];
  const headers = version === 'v2' ? await fetchToken(options) : {};
  const listing = await fetchMetadata(options, { path: SECURITY_CREDENTIALS_PATH, headers });
  if (listing === undefined) {
    log.error('aws', `Could not retrieve credentials listing from the ${service}`);
    return undefined;
  }
  const role = listing
    .trim()
    .split('\n')
    .find((line) => line !== '');
  if (role === undefined) {
    log.error('aws', NO_ROLES[version]);
    return undefined;
  }
  log.debug('aws', `AWS credentials list:\n${listing}`);
  const path = `${SECURITY_CREDENTIALS_PATH}/${role}`;
  log.debug('aws', `AWS credentials path: ${path}`);
  const document = await fetchMetadata(options, { path, headers });
  if (document === undefined) {
    log.error('aws', `Could not load AWS credentials document from the ${service}`);
    return undefined;
  }
  return parseDocument(document, service, log);
}

/** Without a token it goes on as version 1 would. */
async function fetchToken(options: MetadataSource): Promise<Readonly<Record<string, string>>> {
  const token = await fetchMetadata(options, {
    method: 'PUT',
    path: '/latest/api/token',
    headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '21600' },
  });
  if (token !== undefined) return { 'X-aws-ec2-metadata-token': token };
  options.log.warning('aws', 'Failed to get token from EC2MetadataService, falling back to less secure way');
  return {};
}

function parseDocument(document: string, service: string, log: ProxyLog): Credentials | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(document);
  } catch (error) {
    log.error('aws', `Could not parse AWS credentials document from the ${service}: ${messageOf(error)}`);
    return undefined;
  }
  const accessKeyId = readText(fields, 'AccessKeyId');
  const secretAccessKey = readText(fields, 'SecretAccessKey');
  const sessionToken = readText(fields, 'Token');
  log.debug(
    'aws',
    `Found following AWS credentials in the ${service}: AccessKeyId=${accessKeyId}, SecretAccessKey=${mask(secretAccessKey)}, Token=${mask(sessionToken)}`,
  );
  return accessKeyId === '' || secretAccessKey === '' ? undefined : { accessKeyId, secretAccessKey, sessionToken };
}

function readText(fields: unknown, name: string): string {
  const value = typeof fields === 'object' && fields !== null ? Reflect.get(fields, name) : undefined;
  return typeof value === 'string' ? value : '';
}

function mask(value: string): string {
  return value === '' ? '' : '*****';
}
