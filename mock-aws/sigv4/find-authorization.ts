import { AuthError } from './auth-error.ts';
import type { Authorization } from './authorization.ts';
import type { HeaderIndex } from './header-index.ts';
import { parseAuthorization } from './parse-authorization.ts';
import { parsePresignedQuery } from './parse-presigned-query.ts';
import { findParameter, type QueryParameter } from './query-parameters.ts';
import { ALGORITHM } from './string-to-sign.ts';
import type { ServiceFamily } from './types.ts';

const MISSING_TOKEN_TEXTS: Readonly<Record<ServiceFamily, string>> = {
  'rest-json': 'Missing Authentication Token',
  query: 'Request is missing Authentication Token',
};

/**
 * Finds what carries the signature and reads it (aws.md 1.4 steps 5 to 7).
 *
 * @throws AuthError `no-auth`, `auth-header-and-query`, or what the two parsers throw
 */
export function findAuthorization(
  headers: HeaderIndex,
  parameters: readonly QueryParameter[],
  family: ServiceFamily,
): Authorization {
  const header = headers.join('authorization', ', ', (value) => value);
  const algorithm = findParameter(parameters, 'X-Amz-Algorithm');
  if (header !== undefined && algorithm !== undefined) throw new AuthError('auth-header-and-query');
  if (header !== undefined) return parseAuthorization(header, headers);
  if (algorithm === ALGORITHM) return parsePresignedQuery(parameters);
  throw new AuthError('no-auth', MISSING_TOKEN_TEXTS[family]);
}
