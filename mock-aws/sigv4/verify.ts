import { AuthError } from './auth-error.ts';
import type { Authorization } from './authorization.ts';
import { createCanonicalPath } from './canonical-path.ts';
import { checkForm } from './check-form.ts';
import { checkScope, parseCredential } from './credential-scope.ts';
import { getFailureCode } from './failure-codes.ts';
import { findAuthorization } from './find-authorization.ts';
import { findValidKey } from './find-valid-key.ts';
import { HeaderIndex } from './header-index.ts';
import { matchSignature } from './match-signature.ts';
import { createPayloadHash, isPayloadHashFalse } from './payload-hash.ts';
import { parseQuery } from './query-parameters.ts';
import { parseRequestTime } from './request-time.ts';
import { findSignatureWarnings } from './signature-warnings.ts';
import { splitTarget } from './split-target.ts';
import { checkTimeWindow, type TimeWindow } from './time-window.ts';
import { isSignedWithSigV4A, verifySigV4A } from './verify-sigv4a.ts';
import type { Accepted, ReceivedRequest, Refused, ServiceFamily, Verdict, VerifierPolicy } from './types.ts';

/**
 * Says what AWS says about a signature: the checks of aws.md 1.4, in that order; the first that fails answers.
 *
 * Pure and synchronous; never throws, whatever it is given. What AWS's front end does to a request before it gets here
 * is the business of `mock-aws/edge`.
 */
export function verifyRequest(request: ReceivedRequest, policy: VerifierPolicy): Verdict {
  const findings: Findings = {};
  try {
    return checkRequest(request, policy, findings);
  } catch (error) {
    if (error instanceof AuthError) return createRefused(error, policy, findings);
    throw error;
  }
}

/** What is wrong with the form of a request that needs no signature: steps 1 to 4 of aws.md 1.4. */
export function findMalformation(request: ReceivedRequest, family: ServiceFamily): Refused | undefined {
  try {
    readRequest(request, { family, pathRule: 'normalized' });
    return undefined;
  } catch (error) {
    if (error instanceof AuthError) return createRefused(error, { family }, {});
    throw error;
  }
}

/** What was learnt before a check failed, for the journal and for explanations. */
interface Findings {
  accessKeyId?: string;
  signedHeaders?: readonly string[];
  canonicalRequest?: string;
  stringToSign?: string;
}

function checkRequest(request: ReceivedRequest, policy: VerifierPolicy, findings: Findings): Accepted {
  const { path, query, headers, parameters } = readRequest(request, policy);
  if (policy.takesSigV4A === true && isSignedWithSigV4A({ headers, parameters })) {
    const verified = verifySigV4A(request, policy, { headers, parameters });
    return { accepted: true, ...verified, plusReading: undefined, warnings: [] };
  }
  const authorization = findAuthorization(headers, parameters, policy.family);
  const { form, signedHeaders } = authorization;
  findings.signedHeaders = signedHeaders.names;
  const { accessKeyId, key, scope, time } = checkAuthorization(authorization, policy, findings);
  const payloadHash = policy.payloadHash ?? createPayloadHash(request.body, headers, { service: policy.service, form });
  const parts = { method: request.method, path, parameters, form, headers, signedHeaders, payloadHash };
  const signed = { parts, query, timestamp: time.basic, scope, signature: authorization.signature };
  const match = matchSignature(signed, policy.signingKeys.get(key.secretAccessKey, scope));
  const { canonicalRequest, stringToSign, plusReading } = match;
  findings.canonicalRequest = canonicalRequest;
  findings.stringToSign = stringToSign;
  if (!match.isMatch) throw new AuthError('signature-mismatch', SIGNATURE_MISMATCH);
  if (isPayloadHashFalse(payloadHash, request.body, policy.service)) {
    throw new AuthError('payload-hash-mismatch', PAYLOAD_MISMATCH);
  }
  return {
    accepted: true,
    accessKeyId,
    principal: key.principal,
    form,
    canonicalRequest,
    stringToSign,
    signedHeaders: signedHeaders.names,
    plusReading,
    warnings: findSignatureWarnings(authorization, headers, time),
  };
}

const SIGNATURE_MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const PAYLOAD_MISMATCH = "The provided 'x-amz-content-sha256' header does not match what was computed.";

/** Steps 1 to 4: what must hold before anyone asks who is calling. */
function readRequest(request: ReceivedRequest, policy: Pick<VerifierPolicy, 'family' | 'pathRule'>) {
  const { path, query } = splitTarget(request.target);
  const canonicalPath = createCanonicalPath(path, policy.pathRule);
  const headers = new HeaderIndex(request.headers);
  checkForm(request, headers, policy.family);
  return { path: canonicalPath, query, headers, parameters: parseQuery(query) };
}

/** Steps 8 to 15: everything about a signature but the signature. */
function checkAuthorization(authorization: Authorization, policy: VerifierPolicy, findings: Findings) {
  checkHostIsSigned(authorization.signedHeaders.names);
  const time = parseRequestTime(authorization.date);
  checkTimeWindow(time, createTimeWindow(authorization, policy));
  const { accessKeyId, scope } = parseCredential(authorization.credential);
  findings.accessKeyId = accessKeyId;
  checkScope(scope, policy, time);
  const key = findValidKey({ accessKeyId, sessionToken: authorization.sessionToken }, policy);
  return { accessKeyId, key, scope, time };
}

function checkHostIsSigned(signedHeaders: readonly string[]): void {
  if (signedHeaders.includes('host') || signedHeaders.includes(':authority')) return;
  throw new AuthError('host-not-signed', "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
}

/** A week; what claims to live longer lives as long as any other request (aws.md 1.13). */
const MAX_EXPIRES_SECONDS = 604_800;

function createTimeWindow({ form, expires }: Authorization, policy: VerifierPolicy): TimeWindow {
  const { now, windowMinutes } = policy;
  const lifeSeconds = policy.honoursExpires === true && form === 'query' ? Number(expires) : Number.NaN;
  const hasLife = lifeSeconds >= 1 && lifeSeconds <= MAX_EXPIRES_SECONDS;
  return { now, minutesBack: hasLife ? lifeSeconds / 60 : windowMinutes, minutesAhead: windowMinutes };
}

function createRefused(error: AuthError, policy: Pick<VerifierPolicy, 'family'>, findings: Findings): Refused {
  return {
    accepted: false,
    failure: error.failure,
    ...getFailureCode(error.failure, policy.family),
    message: error.hasText ? error.message : undefined,
    ...findings,
  };
}
