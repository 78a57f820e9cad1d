import { HeaderMap } from '../http/header-map.ts';
import { readContainerDocument } from './container-credentials.ts';
import { readContainerToken, type ContainerEndpoint } from './container-endpoint.ts';
import type { CredentialEnvironment } from './credential-environment.ts';
import type { FetchSource } from './fetched-credentials.ts';
import { DocumentError, parseExpiration, toCredentials } from './key-document.ts';
import { fetchThroughCluster, MetadataFetchError } from './metadata-fetcher.ts';

const CLUSTER_NAME = 'ecs_task_metadata_server_internal';

/** The container endpoint through a cluster of the proxy (gateways.md 3.4). The token file is read at each fetch. */
export function createContainerSource(environment: CredentialEnvironment, endpoint: ContainerEndpoint): FetchSource {
  const { log, dialect } = environment;
  const { address, path, uri } = endpoint;

  async function send(): Promise<string> {
    const token = await readContainerToken(environment);
    return await fetchThroughCluster(
      {
        cluster: CLUSTER_NAME,
        scheme: 'http',
        headers: HeaderMap.from([
          [':method', 'GET'],
          [':path', path],
          [':authority', address.host],
          [':scheme', 'http'],
          ...(token === '' ? [] : [['authorization', token] as const]),
        ]),
      },
      environment,
    );
  }

  return {
    name: 'container',
    cluster: { name: CLUSTER_NAME, address, isNamed: false },
    async fetch() {
      log.debug('aws', `Getting AWS credentials from the ${dialect.credentials.container.name} at URI: ${uri}`);
      try {
        const document = readContainerDocument(await send(), environment);
        if (document === undefined) throw new DocumentError('the document cannot be read');
        const expiresAt = parseExpiration(document.expiration);
        return { credentials: toCredentials(document), expiresAt };
      } catch (error) {
        if (error instanceof MetadataFetchError) log.error('aws', `AWS metadata fetch failure: ${error.reason}`);
        throw error;
      }
    },
  };
}
