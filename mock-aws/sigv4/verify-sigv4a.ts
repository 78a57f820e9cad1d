import { AuthError } from './auth-error.ts';
import { createCanonicalPath } from './canonical-path.ts';
import { createCanonicalRequest } from './canonical-request.ts';
import { sha256Hex } from './digest.ts';
import { findValidKey } from './find-valid-key.ts';
import type { HeaderIndex } from './header-index.ts';
import { createPayloadHash } from './payload-hash.ts';
import { findParameter, type QueryParameter } from './query-parameters.ts';
import { parseRequestTime } from './request-time.ts';
import { isInRegionSet, isSigV4ASignature, SIGV4A_ALGORITHM } from './sigv4a.ts';
import { parseSignedHeaders } from './signed-headers.ts';
import { splitTarget } from './split-target.ts';
import { checkTimeWindow } from './time-window.ts';
import type { CarrierForm, ReceivedRequest, VerifierPolicy } from './types.ts';

const HEADER_FORM = /^AWS4-ECDSA-P256-SHA256 Credential=([^,\s]*), SignedHeaders=([^,\s]*), Signature=([^,\s]*)$/;
const MISMATCH = 'The request signature we calculated does not match the signature you provided.';

/** Where the parts of a SigV4A signature were found. */
export interface SigV4ASource {
  readonly headers: HeaderIndex;
  readonly parameters: readonly QueryParameter[];
}

/** Whether a request is signed with SigV4A. */
export function isSignedWithSigV4A({ headers, parameters }: SigV4ASource): boolean {
  if (headers.find('authorization')?.startsWith(`${SIGV4A_ALGORITHM} `) === true) return true;
  return findParameter(parameters, 'X-Amz-Algorithm') === SIGV4A_ALGORITHM;
}

/**
 * Verifies a SigV4A signature: the scope has no region, the set of regions beside it has to have that of the endpoint.
 * Evidence: assumed, no answer of AWS to a wrong one was recorded (aws.md 1.14).
 *
 * @throws AuthError for the first check that fails
 */
export function verifySigV4A(request: ReceivedRequest, policy: VerifierPolicy, source: SigV4ASource) {
  const parts = readParts(source);
  if (!parts.signedHeaders.names.includes('host'))
    throw new AuthError('host-not-signed', "'Host' must be a 'SignedHeader' in the AWS Authorization.");
  const time = parseRequestTime(parts.date);
  const minutesBack =
    parts.form === 'query' && policy.honoursExpires === true ? Number(parts.expires) / 60 : policy.windowMinutes;
  checkTimeWindow(time, { now: policy.now, minutesBack, minutesAhead: policy.windowMinutes });
  const scope = checkScope(parts, policy, time.basic.slice(0, 8));
  const key = findValidKey({ accessKeyId: scope.accessKeyId, sessionToken: parts.sessionToken }, policy);
  const { path } = splitTarget(request.target);
  const canonicalRequest = createCanonicalRequest({
    method: request.method,
    path: createCanonicalPath(path, policy.pathRule),
    parameters: source.parameters,
    form: parts.form,
    headers: source.headers,
    signedHeaders: parts.signedHeaders,
    payloadHash: createPayloadHash(request.body, source.headers, { service: policy.service, form: parts.form }),
  });
  const stringToSign = `${SIGV4A_ALGORITHM}\n${time.basic}\n${scope.text}\n${sha256Hex(canonicalRequest)}`;
  if (!isSigV4ASignature(stringToSign, parts.signature, key)) throw new AuthError('signature-mismatch', MISMATCH);
  return {
    accessKeyId: scope.accessKeyId,
    principal: key.principal,
    form: parts.form,
    canonicalRequest,
    stringToSign,
    signedHeaders: parts.signedHeaders.names,
  };
}

interface Parts {
  readonly form: CarrierForm;
  readonly credential: string;
  readonly signedHeaders: ReturnType<typeof parseSignedHeaders>;
  readonly signature: string;
  readonly date: string;
  readonly regionSet: string | undefined;
  readonly sessionToken: string | undefined;
  readonly expires: string | undefined;
}

function readParts({ headers, parameters }: SigV4ASource): Parts {
  const header = headers.find('authorization');
  const find = (name: string) =>
    header === undefined ? findParameter(parameters, name) : headers.find(name.toLowerCase());
  const [, credential, signedHeaders, signature] =
    header === undefined
      ? ['', ...['X-Amz-Credential', 'X-Amz-SignedHeaders', 'X-Amz-Signature'].map(find)]
      : (HEADER_FORM.exec(header) ?? []);
  const date = find('X-Amz-Date');
  if (credential === undefined || signedHeaders === undefined || signature === undefined || date === undefined)
    throw new AuthError('auth-params-missing', 'The signature is not complete.');
  return {
    form: header === undefined ? 'query' : 'header',
    credential,
    signedHeaders: parseSignedHeaders(signedHeaders),
    signature,
    date,
    regionSet: find('X-Amz-Region-Set'),
    sessionToken: find('X-Amz-Security-Token'),
    expires: find('X-Amz-Expires'),
  };
}

function checkScope({ credential, regionSet }: Parts, policy: VerifierPolicy, day: string) {
  const [accessKeyId = '', ...scope] = credential.split('/');
  if (scope.length !== 3)
    throw new AuthError(
      'credential-parts',
      `Credential must have exactly 4 slash-delimited elements, e.g. keyid/date/service/term, got '${credential}'`,
    );
  const text = scope.join('/');
  if (text !== `${day}/${policy.service}/aws4_request`)
    throw new AuthError('scope-wrong', `Credential should be scoped to '${policy.service}', not '${text}'. `);
  if (regionSet === undefined || !isInRegionSet(policy.region, regionSet))
    throw new AuthError('scope-wrong', `Credential should be scoped to a valid region, not '${regionSet ?? ''}'. `);
  return { accessKeyId, text };
}
