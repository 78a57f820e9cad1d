import { AuthError } from './auth-error.ts';
import type { Authorization } from './authorization.ts';
import type { HeaderIndex } from './header-index.ts';
import { parseSignedHeaders } from './signed-headers.ts';
import { ALGORITHM } from './string-to-sign.ts';

/** Exactly what every SDK sends: three parts, in this order, nothing more. */
const USUAL_FORM = /^AWS4-HMAC-SHA256 Credential=([^,\s]*), SignedHeaders=([^,\s]*), Signature=([^,\s]*)$/;

/** Blanks separate like commas: a key id with a blank in it loses its tail (aws.md 1.5, notes). */
const SEPARATORS = /[\s,]+/;

/**
 * Reads the header form, in AWS's order: algorithm, then `key=value` parts, then everything that is missing at once
 * (aws.md 1.4 step 6). Several Authorization headers count as one value joined by commas.
 *
 * @throws AuthError `algorithm-unsupported`, `auth-part-without-equals` or `auth-params-missing`
 */
export function parseAuthorization(value: string, headers: HeaderIndex): Authorization {
  const usual = USUAL_FORM.exec(value);
  const parts =
    usual === null ? parseParts(value) : { credential: usual[1], signedHeaders: usual[2], signature: usual[3] };
  const { credential, signedHeaders, signature } = parts;
  const date = headers.find('x-amz-date') ?? headers.find('date');
  if (credential === undefined || signedHeaders === undefined || signature === undefined || date === undefined) {
    throw createMissingError({ credential, signature, signedHeaders, date }, value);
  }
  return {
    form: 'header',
    credential,
    signedHeaders: parseSignedHeaders(signedHeaders),
    signature,
    date,
    sessionToken: headers.find('x-amz-security-token'),
    expires: undefined,
  };
}

interface AuthorizationParts {
  readonly credential: string | undefined;
  readonly signedHeaders: string | undefined;
  readonly signature: string | undefined;
}

function parseParts(value: string): AuthorizationParts {
  const [scheme = '', ...parts] = value.split(SEPARATORS).filter((part) => part !== '');
  // A bare token without any part is not read as an algorithm; AWS then misses everything else (nordcloud/cognitocurl#15).
  const isBareToken = parts.length === 0 && !scheme.startsWith('AWS4');
  if (scheme !== ALGORITHM && !isBareToken) {
    throw new AuthError('algorithm-unsupported', `Unsupported AWS 'algorithm': '${scheme}'.`);
  }
  const found = new Map<string, string>();
  for (const part of parts) {
    const equals = part.indexOf('=');
    if (equals === -1) throw createEqualsError(part, value);
    found.set(part.slice(0, equals), part.slice(equals + 1));
  }
  return {
    credential: found.get('Credential'),
    signedHeaders: found.get('SignedHeaders'),
    signature: found.get('Signature'),
  };
}

function createEqualsError(part: string, value: string): AuthError {
  return new AuthError(
    'auth-part-without-equals',
    `'${part}' not a valid key=value pair (missing equal-sign) in Authorization header: '${value}'.`,
  );
}

function createMissingError(parts: AuthorizationParts & { date: string | undefined }, value: string): AuthError {
  const sentences: string[] = [];
  if (parts.credential === undefined) sentences.push("Authorization header requires 'Credential' parameter.");
  if (parts.signature === undefined) sentences.push("Authorization header requires 'Signature' parameter.");
  if (parts.signedHeaders === undefined) sentences.push("Authorization header requires 'SignedHeaders' parameter.");
  if (parts.date === undefined) {
    sentences.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  return new AuthError('auth-params-missing', `${sentences.join(' ')} Authorization=${value}`);
}
