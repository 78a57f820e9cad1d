/** Where a proxy looked for its keys. */
export type CredentialSource = 'metadata' | 'container' | 'web-identity' | 'assume-role' | 'file' | 'environment';

const WORDS: readonly (readonly [text: RegExp, source: CredentialSource])[] = [
  [/instance metadata|EC2MetadataService|No roles found|instance-metadata/i, 'metadata'],
  [/web.identity|AssumeRoleWithWebIdentity/i, 'web-identity'],
  [/assume.role|from STS|\bSTS\b/i, 'assume-role'],
  [/container|ECS|EKS Pod|PodIdentity/i, 'container'],
  [/credential(?:s|-| )?file|profile/i, 'file'],
];

/** The source that a line of a log, or a provider's name, speaks of. */
export function findCredentialSource(text: string): { readonly credentialSource?: CredentialSource } {
  const source = WORDS.find(([words]) => words.test(text))?.[1];
  return source === undefined ? {} : { credentialSource: source };
}
