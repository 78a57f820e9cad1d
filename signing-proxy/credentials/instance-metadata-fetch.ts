import { messageOf } from '#core/errors.ts';
import { HeaderMap } from '../http/header-map.ts';
import type { CredentialEnvironment } from './credential-environment.ts';
import type { FetchedKeys, FetchSource } from './fetched-credentials.ts';
import { findRole, METADATA_ADDRESS, ROLES_PATH, TOKEN_HEADER, TOKEN_REQUEST } from './instance-metadata.ts';
import { DocumentError, parseKeyDocument, toCredentials } from './key-document.ts';
import { maskSecret } from './mask-secret.ts';
import { fetchThroughCluster, MetadataFetchError } from './metadata-fetcher.ts';

const CLUSTER = { name: 'ec2_instance_metadata_server_internal', address: METADATA_ADDRESS, isNamed: false };

interface MetadataStep {
  readonly method?: 'GET' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Instance metadata through a cluster of the proxy. Its expiry is not read: keys count for the default time (gateways.md 3.5). */
export function createInstanceMetadataSource(environment: CredentialEnvironment): FetchSource {
  const { log } = environment;

  const send = ({ method = 'GET', path, headers = {} }: MetadataStep) =>
    fetchThroughCluster(
      {
        cluster: CLUSTER.name,
        scheme: 'http',
        headers: HeaderMap.from([
          [':method', method],
          [':path', path],
          [':authority', METADATA_ADDRESS.host],
          [':scheme', 'http'],
          ...Object.entries(headers),
        ]),
      },
      environment,
    );

  async function fetchToken(): Promise<Readonly<Record<string, string>>> {
    try {
      return { [TOKEN_HEADER]: (await send(TOKEN_REQUEST)).trim() };
    } catch (error) {
      if (!(error instanceof MetadataFetchError)) throw error;
      log.error('aws', `Token fetch failed so fall back to less secure way. Reason: ${error.reason}`);
      return {};
    }
  }

  async function fetchAll(): Promise<string> {
    const headers = await fetchToken();
    const listing = await send({ path: ROLES_PATH, headers });
    const role = findRole(listing);
    if (role === undefined) {
      log.error('aws', 'No roles found to fetch AWS credentials from the EC2MetadataService');
      throw new DocumentError('no roles found');
    }
    log.debug('aws', `AWS credentials list:\n${listing}`);
    log.debug('aws', `AWS credentials path: ${ROLES_PATH}/${role}`);
    return await send({ path: `${ROLES_PATH}/${role}`, headers });
  }

  return {
    name: 'instance-metadata-v2',
    cluster: CLUSTER,
    async fetch() {
      log.debug('aws', 'Getting AWS credentials from the EC2MetadataService');
      try {
        return readKeys(await fetchAll(), environment);
      } catch (error) {
        if (error instanceof MetadataFetchError)
          log.error('aws', `AWS Instance metadata fetch failure: ${error.reason}`);
        throw error;
      }
    },
  };
}

function readKeys(text: string, { log }: CredentialEnvironment): FetchedKeys {
  try {
    const document = parseKeyDocument(text);
    const { accessKeyId, secretAccessKey, sessionToken } = document;
    log.debug(
      'aws',
      `Obtained following AWS credentials from the EC2MetadataService: AWS_ACCESS_KEY_ID=${accessKeyId}, AWS_SECRET_ACCESS_KEY=${maskSecret(secretAccessKey)}, AWS_SESSION_TOKEN=${maskSecret(sessionToken)}`,
    );
    return { credentials: toCredentials(document) };
  } catch (error) {
    log.error('aws', `Could not parse AWS credentials document: ${messageOf(error)}`);
    throw error;
  }
}
