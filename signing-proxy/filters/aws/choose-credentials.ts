import type { ProxyContext } from '../../context.ts';
import type { CredentialProvider, Credentials } from '../../credentials/types.ts';

/** The keys that a configuration gives inline, or those of the proxy's chain. */
export function chooseCredentials(inline: Credentials | undefined, context: ProxyContext): CredentialProvider {
  return inline === undefined ? context.credentials : { getCredentials: () => inline };
}
