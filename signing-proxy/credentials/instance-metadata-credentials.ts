import type { Instant } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import type { ProxyLog } from '../log.ts';
import { fetchMetadata, type MetadataSource } from './fetch-metadata.ts';
import type { CredentialProvider, Credentials } from './types.ts';

const SECURITY_CREDENTIALS_PATH = '/latest/meta-data/iam/security-credentials';
const CACHE_MS = 3_600_000;

/**
 * Keys from the EC2 instance metadata service, version 1, as Envoy fetched them up to 1.24 (gateways.md 3.5): with a
 * blocking client, under a lock, once per hour, and again for every request as long as it fails.
 *
 * What blocks here is every request that needs these keys; in Envoy it is the whole worker thread.
 */
export function createInstanceMetadataCredentials(options: MetadataSource): CredentialProvider {
  const { clock, log } = options;
  let cached: Credentials | undefined;
  let refreshedAt: Instant | undefined;
  let lock: Promise<unknown> = Promise.resolve();

  async function refresh(): Promise<Credentials | undefined> {
    if (refreshedAt !== undefined && clock.now() - refreshedAt <= CACHE_MS) return cached;
    log.debug('aws', 'Getting AWS credentials from the instance metadata');
    const credentials = await fetchCredentials(options);
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

async function fetchCredentials(options: MetadataSource): Promise<Credentials | undefined> {
  const { log } = options;
  const listing = await fetchMetadata(options, SECURITY_CREDENTIALS_PATH);
  if (listing === undefined) {
    log.error('aws', 'Could not retrieve credentials listing from the instance metadata');
    return undefined;
  }
  const role = listing
    .trim()
    .split('\n')
    .find((line) => line !== '');
  if (role === undefined) {
    log.error('aws', 'No AWS credentials were found in the instance metadata');
    return undefined;
  }
  log.debug('aws', `AWS credentials list:\n${listing}`);
  const path = `${SECURITY_CREDENTIALS_PATH}/${role}`;
  log.debug('aws', `AWS credentials path: ${path}`);
  const document = await fetchMetadata(options, path);
  if (document === undefined) {
    log.error('aws', 'Could not load AWS credentials document from the instance metadata');
    return undefined;
  }
  return parseDocument(document, log);
}

function parseDocument(document: string, log: ProxyLog): Credentials | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(document);
  } catch (error) {
    log.error('aws', `Could not parse AWS credentials document from the instance metadata: ${messageOf(error)}`);
    return undefined;
  }
  const accessKeyId = readText(fields, 'AccessKeyId');
  const secretAccessKey = readText(fields, 'SecretAccessKey');
  const sessionToken = readText(fields, 'Token');
  log.debug(
    'aws',
    `Found following AWS credentials in the instance metadata: AccessKeyId=${accessKeyId}, SecretAccessKey=${mask(secretAccessKey)}, Token=${mask(sessionToken)}`,
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
