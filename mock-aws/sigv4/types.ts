import type { Instant } from '#core/clock.ts';
import type { RequestHead } from '#core/http-message.ts';
import type { Policy } from '../policy/types.ts';
import type { AuthFailure } from './auth-error.ts';
import type { SigningKeyCache } from './signing-key.ts';

/**
 * A request as it came off the wire. Every string is a byte string: one character per byte
 * (latin1), as `node:http` gives `url` and `rawHeaders`.
 */
export interface ReceivedRequest extends RequestHead {
  readonly body: Uint8Array;
}

/** How a service words its errors: Lambda and other JSON services, or STS and IAM (aws.md 1.1). */
export type ServiceFamily = 'rest-json' | 'query';

/** `normalized` encodes the wire path again, without dot segments; `raw` is the rule of S3 (aws.md 1.7). */
export type PathRule = 'normalized' | 'raw';

/** How a bare `+` in the query string is read: as itself, or as a blank (aws.md 1.7). */
export type PlusReading = 'literal' | 'space';

/** Where the signature was found: the `Authorization` header or the query string. */
export type CarrierForm = 'header' | 'query';

/** Who a key belongs to. */
export interface Principal {
  readonly arn: string;
  readonly accountId: string;
  readonly userId: string;
  /** Present for a session of a role that IAM knows: policies decide what it may do. */
  readonly session?: PrincipalSession;
}

/** What policies may ask about a session. */
export interface PrincipalSession {
  readonly roleArn: string;
  readonly issuedAt: Instant;
  /** Session policies. */
  readonly policies: readonly Policy[];
}

/** A long-term key, or a temporary one when it has a session token. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly sessionExpiresAt?: Instant;
  readonly isActive: boolean;
  readonly principal: Principal;
}

/** What one endpoint demands of a signature. */
export interface VerifierPolicy {
  /** Service name of the credential scope, such as `lambda`. */
  readonly service: string;
  readonly region: string;
  /** Whether the refusal of a scope of another region names that region (aws.md 1.5). Default true. */
  readonly namesScopeRegion?: boolean;
  readonly now: Instant;
  /** How far the request time may be from `now`, both ways: 5 for Lambda, 15 for STS and IAM (aws.md 1.10). */
  readonly windowMinutes: number;
  readonly family: ServiceFamily;
  readonly pathRule: PathRule;
  /** Counts `X-Amz-Expires` instead of the window; STS and IAM ignore it (aws.md 1.13). Default false. */
  readonly honoursExpires?: boolean;
  /** Takes SigV4A, too, as S3 and EventBridge do; Lambda, STS and IAM do not (aws.md 1.14). Default false. */
  readonly takesSigV4A?: boolean;
  /** SHA-256 of a body that is not at hand: a log shows a request without it. Default: that of the body. */
  readonly payloadHash?: string;
  findAccessKey(accessKeyId: string): AccessKey | undefined;
  readonly signingKeys: SigningKeyCache;
}

/** The signature is good; whether the principal may do the thing is decided elsewhere. */
export interface Accepted {
  readonly accepted: true;
  readonly accessKeyId: string;
  readonly principal: Principal;
  readonly form: CarrierForm;
  /** May hold a session token: use `hideSessionToken` before showing it. */
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  /** Lower-case names in the order of the signature. */
  readonly signedHeaders: readonly string[];
  /** Which reading of `+` matched; undefined when the query has none. */
  readonly plusReading: PlusReading | undefined;
  /** What AWS accepts but a careful signer would not do. */
  readonly warnings: readonly string[];
}

/** The first check of aws.md 1.4 that failed, worded as the service words it. */
export interface Refused {
  readonly accepted: false;
  readonly failure: AuthFailure;
  /** Error code of the family; absent where the answer has an empty or an HTML body. */
  readonly code: string | undefined;
  readonly status: number;
  /** Absent where AWS sends no text. */
  readonly message: string | undefined;
  /** Present from the signature comparison on. May hold a session token: use `hideSessionToken` before showing it. */
  readonly canonicalRequest?: string;
  readonly stringToSign?: string;
  readonly accessKeyId?: string;
  readonly signedHeaders?: readonly string[];
}

export type Verdict = Accepted | Refused;
