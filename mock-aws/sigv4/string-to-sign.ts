import { type CredentialScope, formatScope } from './credential-scope.ts';
import { sha256Hex } from './digest.ts';

/** The only algorithm Lambda, STS and IAM take (aws.md 1.14). */
export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** The text that the signing key signs. */
export function createStringToSign(timestamp: string, scope: CredentialScope, canonicalRequest: string): string {
  return `${ALGORITHM}\n${timestamp}\n${formatScope(scope)}\n${sha256Hex(canonicalRequest)}`;
}
