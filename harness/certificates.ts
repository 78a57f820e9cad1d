import type { Identity, SelfSignedRequest } from '#core/certificates.ts';
import { trackComputation } from '#core/clock.ts';
import type { ManifestSource } from './topology.ts';
import type { ScenarioTools } from './scenario.ts';
import { genericSecret } from './fixtures.ts';

export type { Identity };

/** What a scenario asks of a certificate; names and dates as `openssl req -x509` takes them. */
export type CertificateOptions = Omit<SelfSignedRequest, 'random'>;

/** Creates a certificate that vouches for itself, as `openssl req -x509 -nodes`. The run's seed decides its bytes. */
export async function selfSigned(
  { clock, random }: Pick<ScenarioTools, 'clock' | 'random'>,
  options: CertificateOptions,
): Promise<Identity> {
  return await trackComputation(clock, async () => {
    const { createSelfSigned } = await import('#core/certificates.ts');
    return await createSelfSigned({ ...options, random: random.fork(`certificate/${JSON.stringify(options)}`) });
  });
}

/** The Secret that a Gateway or a DestinationRule names as its credential: `key`, `cert` and, for mutual TLS, `cacert`. */
export function credentialSecret(
  name: { readonly namespace: string; readonly name: string },
  identity: Identity,
  trusted?: Pick<Identity, 'certificatePem'>,
): ManifestSource {
  return genericSecret(name, {
    key: identity.privateKeyPem,
    cert: identity.certificatePem,
    ...(trusted !== undefined && { cacert: trusted.certificatePem }),
  });
}
