import type { AssumeRoleCredentialProvider } from '#xds/generated/messages.js';
import { EMPTY_PAYLOAD_HASH, RequestSigner } from '../filters/aws/request-signer.ts';
import { toMilliseconds } from '../routing/duration-ms.ts';
import type { CredentialChain } from './credential-chain.ts';
import type { CredentialEnvironment } from './credential-environment.ts';
import type { FetchSource } from './fetched-credentials.ts';
import { createStsSource } from './sts-source.ts';
import { createSessionName } from './web-identity.ts';

export interface AssumeRoleOptions {
  readonly config: AssumeRoleCredentialProvider;
  readonly region: string;
  /** Whose keys ask for the role. */
  readonly caller: CredentialChain;
}

/** A role asked for with other keys (gateways.md 3.7). */
export function createAssumeRoleSource(
  { config, region, caller }: AssumeRoleOptions,
  environment: CredentialEnvironment,
): FetchSource {
  const signer = new RequestSigner('assume_role', environment);
  const sessionName = config.roleSessionName || createSessionName(environment);
  const durationMs = toMilliseconds(config.sessionDuration);
  return createStsSource(
    {
      name: 'assume-role',
      action: 'AssumeRole',
      announcement: 'Getting AWS credentials from STS at URI',
      failure: 'AWS STS AssumeRole fetch failure',
      async createParameters() {
        await waitForCaller(caller, environment);
        return [
          ['Version', '2011-06-15'],
          ['Action', 'AssumeRole'],
          ['RoleArn', config.roleArn],
          ['RoleSessionName', sessionName],
          ...(durationMs === undefined ? [] : [['DurationSeconds', String(Math.floor(durationMs / 1000))] as const]),
          ...(config.externalId === '' ? [] : [['ExternalId', config.externalId] as const]),
        ];
      },
      sign: async (headers) =>
        await signer.sign(headers, EMPTY_PAYLOAD_HASH, { region, service: 'sts', credentials: caller }),
    },
    region,
    environment,
  );
}

/** Until envoyproxy/envoy#45643 nobody tells the role that the keys it waits for have come: it waits for ever (B31). */
async function waitForCaller(caller: CredentialChain, { dialect, signal }: CredentialEnvironment): Promise<void> {
  if (dialect.credentials.nestedFetch === 'tells' || !caller.isPending()) return;
  await new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
