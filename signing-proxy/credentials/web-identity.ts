import type { CredentialEnvironment } from './credential-environment.ts';
import { createStsSource } from './sts-source.ts';
import type { FetchSource } from './fetched-credentials.ts';
import { createFileSource, createTextSource, type TextSource } from './text-source.ts';
import { DocumentError } from './key-document.ts';
import type { AssumeRoleWithWebIdentityCredentialProvider } from '#xds/generated/messages.js';

/**
 * A role for the token that the pod was given (gateways.md 3.6). What the configuration does not say comes from the
 * environment; undefined when the token or the role is missing. The token is read again at each fetch.
 */
export function createWebIdentitySource(
  region: string,
  environment: CredentialEnvironment,
  config?: AssumeRoleWithWebIdentityCredentialProvider,
): FetchSource | undefined {
  const variables = environment.environment;
  const roleArn = config?.roleArn || (variables['AWS_ROLE_ARN'] ?? '');
  const token = findToken(environment, config);
  if (roleArn === '' || token === undefined) return undefined;
  const sessionName = config?.roleSessionName || createSessionName(environment);
  return createStsSource(
    {
      name: 'web-identity',
      action: 'AssumeRoleWithWebIdentity',
      announcement: 'Getting AWS web identity credentials from STS',
      failure: 'AWS metadata fetch failure',
      async createParameters() {
        const text = await token.read();
        if (text === undefined) throw unreadable(token, environment);
        return [
          ['Action', 'AssumeRoleWithWebIdentity'],
          ['Version', '2011-06-15'],
          ['RoleSessionName', sessionName],
          ['RoleArn', roleArn],
          ['WebIdentityToken', text.trim()],
        ];
      },
    },
    region,
    environment,
  );
}

/** `AWS_ROLE_SESSION_NAME`, or the time in nanoseconds. */
export function createSessionName({ environment, clock }: CredentialEnvironment): string {
  return environment['AWS_ROLE_SESSION_NAME'] || `${Math.floor(clock.now())}000000`;
}

function findToken(
  environment: CredentialEnvironment,
  config: AssumeRoleWithWebIdentityCredentialProvider | undefined,
): TextSource | undefined {
  if (config?.webIdentityTokenDataSource !== undefined)
    return createTextSource(config.webIdentityTokenDataSource, environment);
  const file = environment.environment['AWS_WEB_IDENTITY_TOKEN_FILE'] ?? '';
  return file === '' ? undefined : createFileSource(file, undefined, environment);
}

function unreadable({ name }: TextSource, { log }: CredentialEnvironment): DocumentError {
  log.debug('aws', `Unable to read AWS web identity credentials from ${name}`);
  return new DocumentError(`the web identity token in ${name} cannot be read`);
}
