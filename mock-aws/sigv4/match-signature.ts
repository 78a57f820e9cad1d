import { type CanonicalRequestParts, createCanonicalRequest } from './canonical-request.ts';
import type { CredentialScope } from './credential-scope.ts';
import type { HmacKey } from './hmac-key.ts';
import { isSameText } from './is-same-text.ts';
import { parseQuery } from './query-parameters.ts';
import { createStringToSign } from './string-to-sign.ts';
import type { PlusReading } from './types.ts';

/** A request taken apart, and the signature it came with. */
export interface SignedRequest {
  readonly parts: CanonicalRequestParts;
  /** Raw query string, which `parts.parameters` were read from with `+` as itself. */
  readonly query: string;
  readonly timestamp: string;
  readonly scope: CredentialScope;
  readonly signature: string;
}

export interface SignatureMatch {
  readonly isMatch: boolean;
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  /** The reading these texts are built on; undefined when the query has no `+`. */
  readonly plusReading: PlusReading | undefined;
}

/**
 * Signs what was received and compares. Signers must send a plus as `%2B`; for a bare one both readings are tried,
 * because verifiers differ (aws.md 1.7).
 */
export function matchSignature(signed: SignedRequest, signingKey: HmacKey): SignatureMatch {
  const first = compare(signed, signingKey, signed.query.includes('+') ? 'literal' : undefined);
  if (first.isMatch || first.plusReading === undefined) return first;
  const parameters = parseQuery(signed.query, 'space');
  const second = compare({ ...signed, parts: { ...signed.parts, parameters } }, signingKey, 'space');
  return second.isMatch ? second : first;
}

function compare(signed: SignedRequest, signingKey: HmacKey, plusReading: PlusReading | undefined): SignatureMatch {
  const canonicalRequest = createCanonicalRequest(signed.parts);
  const stringToSign = createStringToSign(signed.timestamp, signed.scope, canonicalRequest);
  const isMatch = isSameText(signingKey.digestHex(stringToSign), signed.signature);
  return { isMatch, canonicalRequest, stringToSign, plusReading };
}
