import type { Instant } from '#core/clock.ts';
import { AuthError } from './auth-error.ts';
import { isSameText } from './is-same-text.ts';
import type { AccessKey } from './types.ts';

export interface PresentedCredential {
  readonly accessKeyId: string;
  readonly sessionToken: string | undefined;
}

export interface KeySource {
  readonly now: Instant;
  findAccessKey(accessKeyId: string): AccessKey | undefined;
}

/** These two differ by the final period only: the token is looked at before the key (aws.md 1.5). */
const TOKEN_INVALID = 'The security token included in the request is invalid';
const KEY_UNKNOWN = 'The security token included in the request is invalid.';
const TOKEN_EXPIRED = 'The security token included in the request is expired';

/**
 * The key a request was signed with, once its token is the key's own and alive, and the key is active
 * (aws.md 1.4 steps 14 and 15, 1.11).
 *
 * @throws AuthError `token-invalid`, `token-expired`, `key-unknown`, `token-missing` or `key-inactive`
 */
export function findValidKey(presented: PresentedCredential, source: KeySource): AccessKey {
  const key = source.findAccessKey(presented.accessKeyId);
  if (presented.sessionToken !== undefined) checkToken(presented.sessionToken, key, source.now);
  if (key === undefined) throw new AuthError('key-unknown', KEY_UNKNOWN);
  if (key.sessionToken !== undefined && presented.sessionToken === undefined) {
    throw new AuthError('token-missing', KEY_UNKNOWN);
  }
  if (!key.isActive) throw new AuthError('key-inactive', KEY_UNKNOWN);
  return key;
}

/** A token belongs to exactly one key, so one that came with an unknown or a long-term key is nobody's. */
function checkToken(token: string, key: AccessKey | undefined, now: Instant): void {
  if (key?.sessionToken === undefined || !isSameText(token, key.sessionToken)) {
    throw new AuthError('token-invalid', TOKEN_INVALID);
  }
  if (key.sessionExpiresAt !== undefined && key.sessionExpiresAt <= now) {
    throw new AuthError('token-expired', TOKEN_EXPIRED);
  }
}
