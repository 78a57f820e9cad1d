import { createCanonicalPath } from './canonical-path.ts';
import { createCanonicalRequest } from './canonical-request.ts';
import type { CredentialScope } from './credential-scope.ts';
import { HeaderIndex } from './header-index.ts';
import { createPayloadHash } from './payload-hash.ts';
import { parseQuery } from './query-parameters.ts';
import { parseSignedHeaders } from './signed-headers.ts';
import type { SigningKeyCache } from './signing-key.ts';
import { splitTarget } from './split-target.ts';
import { createStringToSign } from './string-to-sign.ts';
import type { CarrierForm, PathRule, PlusReading, ReceivedRequest } from './types.ts';

/** A request and every choice that goes into its signature. */
export interface SignatureInput {
  readonly request: ReceivedRequest;
  readonly secretAccessKey: string;
  /** Names as they stand in the signature's list. */
  readonly signedHeaders: readonly string[];
  /** Basic form: `20150830T123600Z`. */
  readonly timestamp: string;
  readonly scope: CredentialScope;
  readonly pathRule: PathRule;
  readonly form: CarrierForm;
  /** Default `literal`. */
  readonly plusReading?: PlusReading;
  /** Default: what the service of the scope would use, the hash of the body for all but S3. */
  readonly payloadHash?: string;
  readonly signingKeys: SigningKeyCache;
}

export interface ComputedSignature {
  /** May hold a session token: use `hideSessionToken` before showing it. */
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  /** 64 lower-case hexadecimal digits. */
  readonly signature: string;
}

/**
 * What the signature of a request would be, without asking whether AWS would accept it: no clock, no known keys, no edge.
 *
 * @throws AuthError `path-malformed` or `query-malformed`: such a target has no canonical form
 */
export function computeSignature(input: SignatureInput): ComputedSignature {
  const { request, scope, form } = input;
  const { path, query } = splitTarget(request.target);
  const headers = new HeaderIndex(request.headers);
  const canonicalRequest = createCanonicalRequest({
    method: request.method,
    path: createCanonicalPath(path, input.pathRule),
    parameters: parseQuery(query, input.plusReading),
    form,
    headers,
    signedHeaders: parseSignedHeaders(input.signedHeaders.join(';')),
    payloadHash: input.payloadHash ?? createPayloadHash(request.body, headers, { service: scope.service, form }),
  });
  const stringToSign = createStringToSign(input.timestamp, scope, canonicalRequest);
  const signingKey = input.signingKeys.get(input.secretAccessKey, scope);
  return { canonicalRequest, stringToSign, signature: signingKey.digestHex(stringToSign) };
}
