import { create } from '@bufbuild/protobuf';
import { compileValidation } from '#signing-proxy/secrets/compile-secret.ts';
import type { LocalSecrets } from '#signing-proxy/secrets/local-secrets.ts';
import { CertificateValidationContextSchema } from '#xds/generated/messages.js';

/** What a proxy asks for when it is to trust the authorities of its operating system. */
const SYSTEM_ROOTS = 'file-root:system';

/** Answers with the authorities of the environment's machines instead of this one's. */
export function withSystemRoots(secrets: LocalSecrets, roots: readonly string[]): LocalSecrets {
  return {
    find: (name) => (name === SYSTEM_ROOTS ? compileRoots(roots) : secrets.find(name)),
    onChange: (listener) => secrets.onChange(listener),
  };
}

function compileRoots(roots: readonly string[]) {
  if (roots.length === 0) return undefined;
  const trustedCa = { specifier: { case: 'inlineString', value: roots.join('') } } as const;
  return compileValidation(create(CertificateValidationContextSchema, { trustedCa }));
}
