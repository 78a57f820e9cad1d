import { AuthError } from './auth-error.ts';
import type { Authorization } from './authorization.ts';
import { findParameter, type QueryParameter } from './query-parameters.ts';
import { parseSignedHeaders } from './signed-headers.ts';

/**
 * Reads the query form; the first of several parameters of one name counts, and everything missing is named at once
 * (aws.md 1.4 step 7). The algorithm was looked at before.
 *
 * @throws AuthError `query-params-missing`
 */
export function parsePresignedQuery(parameters: readonly QueryParameter[]): Authorization {
  const credential = findParameter(parameters, 'X-Amz-Credential');
  const signature = findParameter(parameters, 'X-Amz-Signature');
  const signedHeaders = findParameter(parameters, 'X-Amz-SignedHeaders');
  const date = findParameter(parameters, 'X-Amz-Date');
  if (credential === undefined || signature === undefined || signedHeaders === undefined || date === undefined) {
    throw createMissingError({
      'X-Amz-Credential': credential,
      'X-Amz-Signature': signature,
      'X-Amz-SignedHeaders': signedHeaders,
      'X-Amz-Date': date,
    });
  }
  return {
    form: 'query',
    credential,
    signedHeaders: parseSignedHeaders(signedHeaders),
    signature,
    date,
    sessionToken: findParameter(parameters, 'X-Amz-Security-Token'),
    expires: findParameter(parameters, 'X-Amz-Expires'),
  };
}

function createMissingError(found: Readonly<Record<string, string | undefined>>): AuthError {
  const sentences = Object.entries(found)
    .filter(([, value]) => value === undefined)
    .map(([name]) => `AWS query-string parameters must include '${name}'.`);
  return new AuthError('query-params-missing', `${sentences.join(' ')} Re-examine the query-string parameters.`);
}
