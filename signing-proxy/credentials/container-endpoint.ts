import type { Address } from '#core/address.ts';
import type { CredentialEnvironment } from './credential-environment.ts';

/** Where a task or pod gets its keys, as the environment says (gateways.md 3.4). */
export interface ContainerEndpoint {
  /** As the log names it: `169.254.170.2:80/v2/credentials/...`. */
  readonly uri: string;
  readonly address: Address;
  readonly path: string;
}

const ECS_HOST = '169.254.170.2:80';
const FORM = /^(?:https?:\/\/)?(?<host>\[[^\]]+\]|[^/:]+)(?::(?<port>\d+))?(?<path>\/.*)?$/;

/** Undefined when the environment names no endpoint. */
export function findContainerEndpoint(
  environment: CredentialEnvironment['environment'],
): ContainerEndpoint | undefined {
  const relative = environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] ?? '';
  const uri = relative === '' ? (environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '') : `${ECS_HOST}${relative}`;
  const { host, port, path = '/' } = FORM.exec(uri)?.groups ?? {};
  if (host === undefined) return undefined;
  return { uri, address: { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? 80 : Number(port) }, path };
}

/**
 * The `authorization` to show: a fixed one, or from 1.30 what the token file holds now; empty for none.
 */
export async function readContainerToken({
  environment,
  files,
  dialect,
  log,
}: Pick<CredentialEnvironment, 'environment' | 'files' | 'dialect' | 'log'>): Promise<string> {
  const fixed = environment['AWS_CONTAINER_AUTHORIZATION_TOKEN'] ?? '';
  const file = environment['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'] ?? '';
  if (fixed !== '' || file === '' || !dialect.credentials.container.readsTokenFile) return fixed;
  try {
    const token = (await files.read(file)).toString('utf8');
    log.debug('aws', 'Container authorization token file contents loaded');
    return token.trim();
  } catch {
    log.debug('aws', `Unable to read container authorization token from ${file}`);
    return '';
  }
}
