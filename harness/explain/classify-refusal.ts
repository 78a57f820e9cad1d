import { getHeader, type RequestHead } from '#core/http-message.ts';
import type { TimelineEventOf } from '#core/timeline.ts';
import { type CredentialScope, parseCredential } from '#mock-aws/sigv4/credential-scope.ts';
import { SigningKeyCache } from '#mock-aws/sigv4/signing-key.ts';
import type { AuthFailure } from '#mock-aws/sigv4/auth-error.ts';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import { readAuthorization } from './read-authorization.ts';
import { getServiceRules } from './service-rules.ts';

/** Which check refused a request. */
export interface ClassifiedRefusal {
  readonly failure: AuthFailure;
  readonly message?: string;
  readonly accessKeyId?: string;
  readonly scope?: CredentialScope;
  readonly endpoint?: { readonly region: string; readonly service: string };
}

const KEY_CODES = new Set(['UnrecognizedClientException', 'InvalidClientTokenId']);
/** Checks that need the keys, so that only the verdict can say which one failed. */
const KEY_FAILURES = ['token-missing', 'token-invalid', 'token-expired', 'key-inactive'] as const;
const HIDDEN = '(hidden)';

/**
 * Finds the check that refused a request from its verdict event, which has the code but not the check: several checks
 * share `InvalidSignatureException`. The request is verified again, up to where keys and bodies would be needed.
 */
export function classifyRefusal(verdict: TimelineEventOf<'verdict'>): ClassifiedRefusal {
  const found = readCredential(verdict.checked);
  if (verdict.canonicalRequest !== undefined) return { failure: 'signature-mismatch', ...found };
  const failed = verifyAgain(verdict, found?.scope.region ?? '');
  if (failed !== undefined) {
    const endpoint = { service: verdict.service, region: found?.scope.region ?? '' };
    return { ...failed, ...found, endpoint };
  }
  const ofKey = KEY_FAILURES.find((failure) => failure === verdict.failure);
  if (ofKey !== undefined) return { failure: ofKey, ...found };
  if (verdict.code !== undefined && KEY_CODES.has(verdict.code)) return { failure: 'key-unknown', ...found };
  // Everything but the region was checked above, and the region of the endpoint is not on the timeline.
  return { failure: 'scope-wrong', ...found };
}

function readCredential(head: RequestHead): { accessKeyId: string; scope: CredentialScope } | undefined {
  const authorization = readAuthorization(head);
  if (authorization === undefined) return undefined;
  try {
    return parseCredential(authorization.credential);
  } catch {
    return undefined;
  }
}

function verifyAgain(
  verdict: TimelineEventOf<'verdict'>,
  region: string,
): { failure: AuthFailure; message?: string } | undefined {
  const { checked, service, at } = verdict;
  const token =
    getHeader(checked.headers, 'x-amz-security-token') ?? (checked.target.includes(HIDDEN) ? HIDDEN : undefined);
  const { family, windowMinutes, honoursExpires } = getServiceRules(service);
  const again = verifyRequest(
    { ...checked, body: new Uint8Array(0) },
    {
      service,
      region,
      now: at,
      windowMinutes,
      honoursExpires,
      family,
      pathRule: 'normalized',
      signingKeys: new SigningKeyCache(),
      findAccessKey: (accessKeyId) => ({
        accessKeyId,
        secretAccessKey: '',
        isActive: true,
        principal: { arn: '', accountId: '', userId: '' },
        ...(token === undefined ? {} : { sessionToken: token }),
      }),
    },
  );
  if (again.accepted || again.failure === 'signature-mismatch') return undefined;
  return { failure: again.failure, ...(again.message === undefined ? {} : { message: again.message }) };
}
