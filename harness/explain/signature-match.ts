import { formatScope } from '#mock-aws/sigv4/credential-scope.ts';
import type { SigningKeyCache } from '#mock-aws/sigv4/signing-key.ts';
import { formatCanonicalRequest, formatStringToSign, type SecretForm, type SigningParts } from './signing-parts.ts';

/** Says whether parts are those that were signed. */
export type SignatureMatch = (parts: SigningParts) => boolean;

export interface SecretMatchInput {
  readonly secretAccessKey: string;
  /** As sent: 64 hexadecimal digits. */
  readonly signature: string;
  readonly signingKeys: SigningKeyCache;
}

/** Compares by signing again: a match proves what was signed. */
export function createSecretMatch({ secretAccessKey, signature, signingKeys }: SecretMatchInput): SignatureMatch {
  return (parts) => {
    const secret = formSecret(secretAccessKey, parts.secretForm);
    const key = signingKeys.get(secret, parts.keyScope);
    return key.digestHex(formatStringToSign(parts)) === signature;
  };
}

/** Compares with the text that the signer says it signed: a match shows what changed, but not that the key was right. */
export function createTextMatch(signed: SigningParts): SignatureMatch {
  const wanted = formatAll(signed);
  return (parts) => formatAll(parts) === wanted;
}

/** Compares with the string to sign in a signer's log, whose last line is the hash of the canonical request that was signed. */
export function createLoggedMatch(stringToSign: string): SignatureMatch {
  return (parts) => formatStringToSign(parts) === stringToSign;
}

function formatAll(parts: SigningParts): string {
  const { stamp, scope, keyScope, secretForm } = parts;
  return [stamp, formatScope(scope), formatScope(keyScope), secretForm, formatCanonicalRequest(parts)].join('\n');
}

function formSecret(secret: string, form: SecretForm): string {
  switch (form) {
    case 'as-given':
      return secret;
    case 'trailing-newline':
      return `${secret}\n`;
    case 'trailing-crlf':
      return `${secret}\r\n`;
    case 'trailing-blank':
      return `${secret} `;
    case 'double-quoted':
      return `"${secret}"`;
    case 'single-quoted':
      return `'${secret}'`;
  }
}
