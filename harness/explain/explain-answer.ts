import { getHeader } from '#core/http-message.ts';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';
import type { AuthFailure } from '#mock-aws/sigv4/auth-error.ts';
import type { Cause } from './cause.ts';
import type { CauseFacts } from './cause-text.ts';
import { describeCause } from './causes.ts';
import { explainRefusal } from './explain-refusal.ts';
import type { Explanation } from './explanation.ts';
import { findLambdaCause } from './find-lambda-cause.ts';
import { findProxyCause } from './find-proxy-cause.ts';
import type { PastedAnswer } from './pasted/types.ts';
import { readAuthorization } from './read-authorization.ts';

/** Which check an error names: code of either family without its ending, and the start of its text (aws.md 1.3 to 1.5). */
const CHECKS: readonly (readonly [code: RegExp, text: RegExp, failure: AuthFailure])[] = [
  [/^(Invalid|Missing)?Signature|^SignatureDoesNotMatch/, /^Signature expired/, 'signature-expired'],
  [/^(Invalid|Missing)?Signature|^SignatureDoesNotMatch/, /^Signature not yet current/, 'signature-not-yet-current'],
  [/^(Invalid)?Signature/, /Credential should be scoped/, 'scope-wrong'],
  [/^(Invalid)?Signature/, /^'Host' or ':authority' must be/, 'host-not-signed'],
  [/^(Invalid)?Signature/, /^The request signature we calculated/, 'signature-mismatch'],
  [/^MissingAuthenticationToken/, /^/, 'no-auth'],
  [/^IncompleteSignature/, /^/, 'auth-params-missing'],
  [/^(UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|AuthFailure)/, /^/, 'key-unknown'],
  [/^(ExpiredToken|TokenRefreshRequired)/, /^/, 'token-expired'],
  [/^InvalidToken/, /^/, 'token-invalid'],
  [/^(RequestTimeTooSkewed|RequestExpired)/, /^/, 'signature-expired'],
  [/^XAmzContentSHA256Mismatch/, /^/, 'payload-hash-mismatch'],
];
/** Texts that say which check failed even where the code was not pasted. */
const ANY_CODE = new Map<RegExp, AuthFailure>([
  [/^Missing Authentication Token/i, 'no-auth'],
  [/security token included in the request is invalid/, 'key-unknown'],
  [/security token included in the request is expired/, 'token-expired'],
  [/not a valid key=value pair|^Unsupported AWS 'algorithm'|^Authorization header requires/, 'auth-params-missing'],
]);

/**
 * Names the cause of an error that AWS sent, as far as the error alone tells; a request that is known adds what it shows. Never more than
 * `consistent`: nothing is computed.
 */
export function explainAnswer(answer: PastedAnswer, request?: ReceivedRequest): Explanation {
  const byProxy = findProxyCause(answer);
  if (byProxy !== undefined)
    return create(byProxy.cause, 'likely', byProxy.facts, ["likely: Envoy's own words for it"]);
  const { message } = answer;
  const facts = message === undefined ? {} : { message: message.trim() };
  if (answer.isFunctionError === true)
    return create('function-failed', 'consistent', facts, ["consistent: an error in the form of Lambda's runtimes"]);
  const lambdaCause = findLambdaCause(answer.code);
  if (lambdaCause !== undefined)
    return create(lambdaCause, 'consistent', {}, ["consistent: AWS's own words, after it accepted the signature"]);
  if (isDenial(answer))
    return create('not-authorized', 'consistent', facts, [
      "consistent: AWS's own words, after it accepted the signature",
    ]);
  const failure = findFailure(answer);
  if (failure === 'signature-mismatch') return explainMismatchedAnswer(request);
  if (failure === undefined) return create('unexplained', 'unexplained', describeUnknown(answer));
  if (failure === 'key-unknown') return explainRefusedKey(request);
  const found = explainRefusal({ failure, ...(message === undefined ? {} : { message }) });
  const explanation = create(found.cause, 'consistent', found.facts, [
    "consistent: AWS's own words name the check that failed",
  ]);
  return failure === 'no-auth' ? { ...explanation, fix: `${explanation.fix}; ${API_GATEWAY}` } : explanation;
}

const API_GATEWAY = 'API Gateway also says so of a path or a method that it does not have';

function isDenial({ code = '', message = '' }: PastedAnswer): boolean {
  return (
    /is not authorized to perform/.test(message) || /^(AccessDenied|UnauthorizedOperation|NotAuthorized)/.test(code)
  );
}

/** One text stands for four reasons; a temporary key that came without its token is the one that a request shows. */
function explainRefusedKey(request: ReceivedRequest | undefined): Explanation {
  const authorization = request && readAuthorization(request);
  const accessKeyId = authorization?.credential.split('/')[0];
  const told = ["consistent: AWS's own words name the check that failed"];
  const facts = accessKeyId === undefined ? {} : { accessKeyId };
  if (accessKeyId?.startsWith('ASIA') === true && authorization?.sessionToken === undefined)
    return create('session-token-missing', 'consistent', facts, [
      ...told,
      'the request has a temporary key and no x-amz-security-token',
    ]);
  const name = accessKeyId === undefined ? 'the access key' : `access key ${accessKeyId}`;
  return {
    ...create('access-key-unknown', 'consistent', facts, told),
    sentence: `AWS does not accept ${name}: it is unknown or inactive, or its session token is missing or another's. One text stands for all of these.`,
    fix: 'compare the access key with those in IAM; a temporary one (ASIA...) needs its session token beside it; restart the signer if it reads keys at start',
  };
}

function findFailure({ code, message = '' }: PastedAnswer): AuthFailure | undefined {
  const text = message.trim();
  if (code === undefined) {
    const named = [...ANY_CODE].find(([pattern]) => pattern.test(text))?.[1];
    return named ?? CHECKS.find(([, pattern]) => pattern.source !== '^' && pattern.test(text))?.[2];
  }
  // An answer without a body still has its code, and by far the commonest check of the two is the comparison.
  if (text === '' && /^(InvalidSignature|SignatureDoesNotMatch)/.test(code)) return 'signature-mismatch';
  return CHECKS.find(([codes, pattern]) => codes.test(code) && pattern.test(text))?.[2];
}

/** A caller's request was not the one that was signed, but its Host went with it (seed 000). */
function explainMismatchedAnswer(request: ReceivedRequest | undefined): Explanation {
  const host = getHeader(request?.headers ?? [], 'host');
  if (host !== undefined && /:(?!80$|443$)\d+$/.test(host)) {
    const proof = [`likely: the caller's Host is "${host}", and AWS leaves the port out`, 'nothing was computed'];
    return { ...create('host-port', 'likely', { header: 'host', signed: host }, proof), header: 'host' };
  }
  const message = 'AWS computed another signature than the one sent; its answer does not tell from what.';
  const fix = 'paste the request as it left the signer, or the debug log of the proxy that signs';
  return { ...create('unexplained', 'unexplained', { message }), fix };
}

function describeUnknown({ code, message, status }: PastedAnswer): CauseFacts {
  const told = [status, code, message].filter((part) => part !== undefined).join(' ');
  return {
    message: `The answer (${told}) names no check that is known.`,
    advice:
      'if the function or the application answered so, its own log says why; otherwise paste the request as well (curl -v)',
  };
}

function create(cause: Cause, grade: Explanation['grade'], facts: CauseFacts, proof?: readonly string[]): Explanation {
  return {
    cause,
    grade,
    ...describeCause(cause, facts),
    proof: proof ?? ['unexplained: nothing was computed'],
    searched: { singles: 0, pairs: 0 },
    ruledOut: [],
    path: [],
  };
}
