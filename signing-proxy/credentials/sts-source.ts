import { messageOf } from '#core/errors.ts';
import { HeaderMap } from '../http/header-map.ts';
import type { CredentialEnvironment } from './credential-environment.ts';
import type { FetchedKeys, FetchSource } from './fetched-credentials.ts';
import { formatClusterUri, type InternalCluster } from './internal-clusters.ts';
import { DocumentError } from './key-document.ts';
import { maskSecret } from './mask-secret.ts';
import { fetchThroughCluster, MetadataFetchError } from './metadata-fetcher.ts';
import { parseStsDocument, type StsGrant } from './sts-document.ts';

/** One kind of request to STS. */
export interface StsExchange {
  /** What the timeline calls it: `web-identity`. */
  readonly name: string;
  readonly action: 'AssumeRoleWithWebIdentity' | 'AssumeRole';
  /** What the log says before the request; the URI follows. */
  readonly announcement: string;
  /** What the log says when there is no answer; the reason follows. */
  readonly failure: string;
  /** The query's parameters in their order. @throws when there is nothing to ask with; the request is not made */
  createParameters(): Promise<readonly (readonly [name: string, value: string])[]>;
  /** Adds a signature, where the request needs one. */
  sign?(headers: HeaderMap): Promise<void>;
}

const ONE_HOUR_MS = 3_600_000;

/** Asks the STS of a region, over TLS, through a cluster of the proxy (gateways.md 3.6, 3.7). */
export function createStsSource(
  exchange: StsExchange,
  region: string,
  environment: CredentialEnvironment,
): FetchSource {
  const cluster = findStsCluster(region);
  const { log } = environment;
  return {
    name: exchange.name,
    cluster,
    async fetch() {
      const parameters = await exchange.createParameters();
      log.debug('aws', `${exchange.announcement}: ${formatClusterUri(cluster)}`);
      try {
        const headers = createRequest(cluster, parameters);
        await exchange.sign?.(headers);
        const text = await fetchThroughCluster({ cluster: cluster.name, scheme: 'https', headers }, environment);
        return readGrant(text, exchange, environment);
      } catch (error) {
        if (error instanceof MetadataFetchError) log.error('aws', `${exchange.failure}: ${error.reason}`);
        if (error instanceof DocumentError) log.error('aws', messageOf(error));
        throw error;
      }
    },
  };
}

/** China has its own ending. */
function findStsCluster(region: string): InternalCluster {
  const ending = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return {
    name: `sts_token_service_internal-${region}`,
    address: { host: `sts.${region}.${ending}`, port: 443 },
    isNamed: true,
  };
}

function createRequest(
  { address }: InternalCluster,
  parameters: readonly (readonly [name: string, value: string])[],
): HeaderMap {
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return HeaderMap.from([
    [':method', 'GET'],
    [':path', `/?${query}`],
    [':authority', address.host],
    [':scheme', 'https'],
    ['accept', 'application/json'],
  ]);
}

function readGrant(text: string, exchange: StsExchange, environment: CredentialEnvironment): FetchedKeys {
  const { log, clock, dialect } = environment;
  const { sts } = dialect.credentials;
  const grant = parseStsDocument(text, exchange.action, sts.readsExponents);
  const { accessKeyId, secretAccessKey, sessionToken = '' } = grant.credentials;
  log.debug(
    'aws',
    `Received the following AWS credentials from STS: AWS_ACCESS_KEY_ID=${accessKeyId}, AWS_SECRET_ACCESS_KEY=${maskSecret(secretAccessKey)}, AWS_SESSION_TOKEN=${maskSecret(sessionToken)}`,
  );
  if (grant.expiresAt !== undefined) {
    log.debug('aws', `AWS STS credentials expiration time (unix timestamp): ${grant.expiresAt / 1000}`);
    return withExpiry(grant, grant.expiresAt);
  }
  log.warning(
    'aws',
    'Could not get Expiration value of AWS credentials document from STS, so setting expiration to 1 hour in future',
  );
  return withExpiry(grant, clock.now() + ONE_HOUR_MS);
}

function withExpiry({ credentials }: StsGrant, expiresAt: number): FetchedKeys {
  return { credentials, expiresAt };
}
