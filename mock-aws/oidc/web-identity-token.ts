/** A JWT taken apart; nothing of it is believed yet. */
export interface WebIdentityToken {
  readonly algorithm: string;
  readonly keyId: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the signature is over: the first two parts as they came. */
  readonly signedText: string;
  readonly signature: Buffer;
}

/** Claims that STS compares. */
export interface IdentityClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

const PART = /^[\w-]+$/;

/** Takes a JWT in compact form apart (RFC 7519); undefined when the text is none. */
export function parseWebIdentityToken(text: string): WebIdentityToken | undefined {
  const parts = text.split('.');
  const [head = '', payload = '', signature = ''] = parts;
  if (parts.length !== 3 || !parts.every((part) => PART.test(part))) return undefined;
  const header = parseObject(head);
  const claims = parseObject(payload);
  if (header === undefined || claims === undefined || typeof header['alg'] !== 'string') return undefined;
  // Extensions that must be understood (RFC 7515, 4.1.11): there are none here.
  if ('crit' in header) return undefined;
  return {
    algorithm: header['alg'],
    keyId: typeof header['kid'] === 'string' ? header['kid'] : undefined,
    claims,
    signedText: `${head}.${payload}`,
    signature: Buffer.from(signature, 'base64url'),
  };
}

/** The claims every token must have, or the name of the first one that is missing or has the wrong type. */
export function readIdentityClaims({ claims }: WebIdentityToken): IdentityClaims | 'iss' | 'sub' | 'aud' {
  const { iss: issuer, sub: subject, aud } = claims;
  if (typeof issuer !== 'string') return 'iss';
  if (typeof subject !== 'string') return 'sub';
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audiences.length === 0 || !audiences.every((audience) => typeof audience === 'string')) return 'aud';
  return { issuer, subject, audiences };
}

/** A claim that is a time in seconds; undefined when it is absent or no number. */
export function readTimeClaim({ claims }: WebIdentityToken, name: 'exp' | 'nbf' | 'iat'): number | undefined {
  const value = claims[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function parseObject(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
