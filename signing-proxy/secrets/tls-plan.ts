import {
  TlsParameters_TlsProtocol as TlsProtocol,
  type CommonTlsContext,
  type SdsSecretConfig,
  type TlsParameters,
} from '#xds/generated/messages.js';
import { createSecureContext, type SecureContextOptions, type SecureVersion } from 'node:tls';
import { createRecentCache } from '#core/recent-cache.ts';
import { ConfigError } from '../config-error.ts';
import { compileCertificate, compileValidation } from './compile-secret.ts';
import { checkSecretSource } from './secret-sources.ts';
import type { CertificateSecret, ValidationSecret } from './types.ts';

/** A TLS context, checked, with the names of the secrets it still needs. */
export interface TlsPlan {
  readonly certificates: readonly (CertificateSecret | SdsSecretConfig)[];
  /** Undefined: the other side's certificate is not looked at. */
  readonly validation: ValidationPlan | undefined;
  readonly alpnProtocols: readonly string[];
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  /** OpenSSL's list for TLS 1.2 and below; undefined for the default. */
  readonly ciphers: string | undefined;
  /** OpenSSL's list of groups for the key exchange; undefined for the default. */
  readonly curves: string | undefined;
}

/** A part that is known and a part that a secret brings; what both say holds together. */
export interface ValidationPlan {
  readonly known: ValidationSecret | undefined;
  readonly secret: SdsSecretConfig | undefined;
}

const VERSIONS = new Map<TlsProtocol, SecureVersion>([
  [TlsProtocol.TLSv1_0, 'TLSv1'],
  [TlsProtocol.TLSv1_1, 'TLSv1.1'],
  [TlsProtocol.TLSv1_2, 'TLSv1.2'],
  [TlsProtocol.TLSv1_3, 'TLSv1.3'],
]);

/** @throws ConfigError when a certificate is bad, a secret cannot be fetched or a form is not supported */
export function compileTlsPlan(context: CommonTlsContext, defaultMaxVersion: SecureVersion): TlsPlan {
  for (const secret of context.tlsCertificateSdsSecretConfigs) checkSecretSource(secret);
  const parameters = context.tlsParams;
  return {
    certificates: [...context.tlsCertificates.map(compileCertificate), ...context.tlsCertificateSdsSecretConfigs],
    validation: compileValidationPlan(context),
    alpnProtocols: context.alpnProtocols,
    minVersion: VERSIONS.get(parameters?.tlsMinimumProtocolVersion ?? TlsProtocol.TLS_AUTO) ?? 'TLSv1.2',
    maxVersion: VERSIONS.get(parameters?.tlsMaximumProtocolVersion ?? TlsProtocol.TLS_AUTO) ?? defaultMaxVersion,
    ciphers: compileCiphers(parameters),
    curves: compileCurves(parameters),
  };
}

function compileValidationPlan({ validationContextType: type }: CommonTlsContext): ValidationPlan | undefined {
  switch (type.case) {
    case undefined:
      return undefined;
    case 'validationContext':
      return { known: compileValidation(type.value), secret: undefined };
    case 'validationContextSdsSecretConfig':
      checkSecretSource(type.value);
      return { known: undefined, secret: type.value };
    case 'combinedValidationContext': {
      const { defaultValidationContext: known, validationContextSdsSecretConfig: secret } = type.value;
      if (secret !== undefined) checkSecretSource(secret);
      return { known: known && compileValidation(known), secret };
    }
    default:
      throw new ConfigError(`Certificate providers are not supported: ${type.case}`);
  }
}

/** Names in square brackets with bars are BoringSSL's equal-preference groups; OpenSSL takes them one after the other. */
function compileCiphers(parameters: TlsParameters | undefined): string | undefined {
  if (parameters === undefined || parameters.cipherSuites.length === 0) return undefined;
  const suites = parameters.cipherSuites.flatMap((suite) => suite.replace(/^\[|\]$/g, '').split('|'));
  const rejected = suites.filter((suite) => !isKnown({ ciphers: suite }));
  if (rejected.length > 0)
    throw new ConfigError(
      `Failed to initialize cipher suites ${parameters.cipherSuites.join(':')}. The following ciphers were rejected when tried individually: ${rejected.join(', ')}`,
    );
  return suites.join(':');
}

function compileCurves(parameters: TlsParameters | undefined): string | undefined {
  if (parameters === undefined || parameters.ecdhCurves.length === 0) return undefined;
  const curves = parameters.ecdhCurves.join(':');
  if (!isKnown({ ecdhCurve: curves })) throw new ConfigError(`Failed to initialize ECDH curves ${curves}`);
  return curves;
}

/** Istio names the same cipher suites on every listener, and each takes a context to try. */
const known = createRecentCache<boolean>(64);

/** Whether the TLS library knows a name. */
function isKnown(options: Pick<SecureContextOptions, 'ciphers' | 'ecdhCurve'>): boolean {
  return known.get(JSON.stringify(options), () => isAccepted(options));
}

function isAccepted(options: SecureContextOptions): boolean {
  try {
    createSecureContext(options);
    return true;
  } catch {
    return false;
  }
}
