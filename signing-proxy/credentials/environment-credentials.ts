import type { ChainProvider } from './credential-chain.ts';
import type { CredentialEnvironment } from './credential-environment.ts';
import { maskSecret } from './mask-secret.ts';

/**
 * Keys from the process environment. They are read on each request, yet a running process's environment never changes, so
 * new keys need a new process: the cause of seed 000's "delete the pods" (gateways.md 3.2).
 */
export function createEnvironmentCredentials({
  environment,
  log,
}: Pick<CredentialEnvironment, 'environment' | 'log'>): ChainProvider {
  const atStart = { ...environment };
  return {
    source: 'environment',
    getCredentials() {
      log.debug('aws', 'Getting AWS credentials from the environment');
      const accessKeyId = atStart['AWS_ACCESS_KEY_ID'] ?? '';
      if (accessKeyId === '') return undefined;
      const secretAccessKey = atStart['AWS_SECRET_ACCESS_KEY'] ?? '';
      const sessionToken = atStart['AWS_SESSION_TOKEN'] ?? '';
      log.debug(
        'aws',
        `Found following AWS credentials in the environment: AWS_ACCESS_KEY_ID=${accessKeyId}, AWS_SECRET_ACCESS_KEY=${maskSecret(secretAccessKey)}, AWS_SESSION_TOKEN=${maskSecret(sessionToken)}`,
      );
      // Half a pair counts as none: the chain goes on to the next provider.
      return secretAccessKey === '' ? undefined : { accessKeyId, secretAccessKey, sessionToken };
    },
  };
}
