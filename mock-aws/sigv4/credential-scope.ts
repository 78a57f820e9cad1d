import { AuthError } from './auth-error.ts';
import type { RequestTime } from './request-time.ts';

/** What a signing key is good for. */
export interface CredentialScope {
  /** `YYYYMMDD`. */
  readonly day: string;
  readonly region: string;
  readonly service: string;
  /** `aws4_request`. */
  readonly terminator: string;
}

export interface Credential {
  readonly accessKeyId: string;
  readonly scope: CredentialScope;
}

const TERMINATOR = 'aws4_request';

/**
 * Splits `keyid/date/region/service/term`.
 *
 * @throws AuthError `credential-parts`
 */
export function parseCredential(text: string): Credential {
  const parts = text.split('/');
  if (parts.length !== 5) {
    throw new AuthError(
      'credential-parts',
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${text}'`,
    );
  }
  return {
    accessKeyId: parts[0] ?? '',
    scope: { day: parts[1] ?? '', region: parts[2] ?? '', service: parts[3] ?? '', terminator: parts[4] ?? '' },
  };
}

/**
 * Compares a scope with what the endpoint serves; every difference is named, in AWS's order (aws.md 1.4 step 13).
 *
 * @throws AuthError `scope-wrong`
 */
export function checkScope(
  scope: CredentialScope,
  endpoint: { region: string; service: string; namesScopeRegion?: boolean },
  time: RequestTime,
): void {
  const requestDay = time.basic.slice(0, 8);
  let text = '';
  if (scope.region !== endpoint.region) {
    text +=
      endpoint.namesScopeRegion === false
        ? 'Credential should be scoped to a valid region. '
        : `Credential should be scoped to a valid region, not '${scope.region}'. `;
  }
  if (scope.service !== endpoint.service) {
    text += `Credential should be scoped to correct service: '${endpoint.service}'. `;
  }
  if (scope.terminator !== TERMINATOR) {
    text += `Credential should be scoped with a valid terminator: '${TERMINATOR}', not '${scope.terminator}'. `;
  }
  if (scope.day !== requestDay) {
    text += `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scope.day}' != '${requestDay}', from '${time.basic}'. `;
  }
  if (text !== '') throw new AuthError('scope-wrong', text);
}

/** `20150830/us-east-1/lambda/aws4_request`. */
export function formatScope(scope: CredentialScope): string {
  return `${scope.day}/${scope.region}/${scope.service}/${scope.terminator}`;
}
