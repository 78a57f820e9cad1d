import type { SecureContext, SecureContextOptions } from 'node:tls';
import { isMessage } from '@bufbuild/protobuf';
import { findSecureContext } from '#core/secure-context.ts';
import { SdsSecretConfigSchema, type SdsSecretConfig } from '#xds/generated/messages.js';
import type { Watch } from '../resources/named-resources.ts';
import type { Dependency } from '../resources/warm-up.ts';
import type { SecretSources } from './secret-sources.ts';
import type { TlsPlan, ValidationPlan } from './tls-plan.ts';
import type { CertificateSecret, CompiledSecret, ValidationSecret } from './types.ts';

/** What one handshake needs. */
export interface HandshakeMaterial {
  readonly options: SecureContextOptions;
  /** Made of the options when first asked for, and kept: it is the expensive part. */
  readonly context: () => SecureContext;
  readonly validation: ValidationSecret | undefined;
  readonly localUriSans: readonly string[];
}

/** A TLS context with its secrets: always the newest, for handshakes from now on. */
export interface TlsMaterial extends Disposable {
  readonly plan: TlsPlan;
  readonly dependencies: readonly Dependency[];
  /** Undefined while a secret is missing: Envoy then says `Secret is not supplied by SDS`. */
  current(): HandshakeMaterial | undefined;
}

/** Starts to watch the secrets of a plan. */
export function watchTlsMaterial(plan: TlsPlan, sources: SecretSources): TlsMaterial {
  let material: HandshakeMaterial | undefined;
  const forget = () => void (material = undefined);
  const watches: Watch<CompiledSecret>[] = [];

  function read(secret: SdsSecretConfig): () => CompiledSecret | undefined {
    const watch = sources.watch(secret, forget);
    watches.push(watch);
    return () => watch.current();
  }

  const certificates = plan.certificates.map((certificate) =>
    isMessage(certificate, SdsSecretConfigSchema) ? read(certificate) : () => certificate,
  );
  const secret = plan.validation?.secret;
  const validation = secret === undefined ? undefined : read(secret);

  return {
    plan,
    dependencies: watches.map(({ name, arrived }) => ({ label: `SDS "${name}"`, arrived })),
    current() {
      material ??= createMaterial(
        plan,
        certificates.map((find) => find()),
        validation?.(),
      );
      return material;
    },
    [Symbol.dispose]() {
      for (const watch of watches) watch[Symbol.dispose]();
    },
  };
}

function createMaterial(
  plan: TlsPlan,
  secrets: readonly (CompiledSecret | undefined)[],
  trust: CompiledSecret | undefined,
): HandshakeMaterial | undefined {
  const certificates = secrets.filter((secret) => secret?.kind === 'certificate');
  if (certificates.length < secrets.length) return undefined;
  if (plan.validation?.secret !== undefined && trust?.kind !== 'validation') return undefined;
  const validation = joinValidation(plan.validation, trust?.kind === 'validation' ? trust : undefined);
  const options = createOptions(plan, certificates, validation);
  let context: SecureContext | undefined;
  return {
    options,
    context: () => (context ??= findSecureContext(options)),
    validation,
    localUriSans: certificates[0]?.uriSans ?? [],
  };
}

function createOptions(
  plan: TlsPlan,
  certificates: readonly CertificateSecret[],
  validation: ValidationSecret | undefined,
): SecureContextOptions {
  return {
    cert: certificates.map(({ chainPem }) => chainPem),
    key: certificates.map(({ privateKeyPem }) => privateKeyPem),
    // An empty list trusts nobody; left out, Node would trust its own roots.
    ...(validation?.usesSystemRoots === true ? {} : { ca: validation?.trustedCaPem ?? [] }),
    ...(validation?.crlPem === undefined ? {} : { crl: validation.crlPem }),
    ...(plan.ciphers === undefined ? {} : { ciphers: plan.ciphers }),
    ...(plan.curves === undefined ? {} : { ecdhCurve: plan.curves }),
    minVersion: plan.minVersion,
    maxVersion: plan.maxVersion,
    // Envoy takes an intermediate for a root (`enable_intermediate_ca`).
    allowPartialTrustChain: true,
  };
}

/** Envoy merges the secret into the default: single fields are replaced, lists grow. */
function joinValidation(
  plan: ValidationPlan | undefined,
  secret: ValidationSecret | undefined,
): ValidationSecret | undefined {
  const known = plan?.known;
  if (known === undefined || secret === undefined) return secret ?? known;
  return {
    kind: 'validation',
    trustedCaPem: secret.trustedCaPem ?? known.trustedCaPem,
    usesSystemRoots: secret.usesSystemRoots || known.usesSystemRoots,
    crlPem: secret.crlPem ?? known.crlPem,
    acceptsUntrusted: secret.acceptsUntrusted || known.acceptsUntrusted,
    allowsExpired: secret.allowsExpired || known.allowsExpired,
    sanMatchers: [...known.sanMatchers, ...secret.sanMatchers],
    certificateHashes: new Set([...known.certificateHashes, ...secret.certificateHashes]),
    publicKeyHashes: new Set([...known.publicKeyHashes, ...secret.publicKeyHashes]),
  };
}
