import type { Instant } from '#core/clock.ts';
import { applyEdge } from '#mock-aws/edge/apply-edge.ts';
import type { EdgeChange, EdgeRefusal } from '#mock-aws/edge/types.ts';
import type { Authorization } from '#mock-aws/sigv4/authorization.ts';
import { type CredentialScope, parseCredential } from '#mock-aws/sigv4/credential-scope.ts';
import { parseRequestTime } from '#mock-aws/sigv4/request-time.ts';
import { SigningKeyCache } from '#mock-aws/sigv4/signing-key.ts';
import type { AccessKey, Accepted, PathRule, ReceivedRequest, Refused, VerifierPolicy } from '#mock-aws/sigv4/types.ts';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import { readAuthorization } from './read-authorization.ts';
import { getServiceRules, type ServiceRules } from './service-rules.ts';

/** What the environment says about the key of a request. */
export interface GivenKeys {
  /** Left out, the key is that of the request. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
}

export interface JudgeOptions {
  readonly now: Instant;
  readonly keys: GivenKeys;
  /** Default: those of the credential scope. */
  readonly region?: string;
  readonly service?: string;
  /** Default: the rule of the service; both for a service that is not known. */
  readonly pathRule?: PathRule;
  /** SHA-256 of a body that is not at hand. */
  readonly payloadHash?: string;
}

/** What AWS would say about one request, and everything an explanation needs. */
export interface Judgement {
  readonly verdict: Accepted | Refused | EdgeRefusal;
  readonly service: string;
  readonly region: string;
  readonly rules: ServiceRules;
  /** The rule that made the signature match; the service's first one when none did. */
  readonly pathRule: PathRule;
  /** Whether the token in the query had to be left out of what was signed (aws.md 1.15). */
  readonly isTokenAddedAfterSigning: boolean;
  /** After the edge. */
  readonly checked: ReceivedRequest;
  readonly edgeChanges: readonly EdgeChange[];
  readonly authorization: Authorization | undefined;
  readonly credential: { readonly accessKeyId: string; readonly scope: CredentialScope } | undefined;
  /** The same request with time, scope, key and token taken as right: says whether only these were wrong. */
  readonly relaxed: Accepted | Refused;
}

/** Tells an accepted request from one that the verifier or AWS's edge refused. */
export function isAccepted(verdict: Judgement['verdict']): verdict is Accepted {
  return 'accepted' in verdict && verdict.accepted;
}

/** Verifies a request as AWS does: its edge first, then every check in order, under each path rule that may apply. */
export function judgeRequest(request: ReceivedRequest, options: JudgeOptions): Judgement {
  const authorization = readAuthorization(request);
  const credential = readCredential(authorization);
  const service = options.service ?? credential?.scope.service ?? guessService(request);
  const region = options.region ?? credential?.scope.region ?? 'us-east-1';
  const rules = getServiceRules(service);
  const edge = applyEdge(request, { service, hostPolicy: 'aws', frontEnd: 'none' });
  const pathRules = options.pathRule === undefined ? rules.pathRules : [options.pathRule];
  const base = { checked: edge.request, authorization, credential, service, region, rules, options };
  const attempts = pathRules.flatMap((pathRule) => listAttempts(base, pathRule));
  const attempt = chooseAttempt(attempts);
  return {
    verdict: edge.refusal ?? attempt.verdict,
    service,
    region,
    rules,
    pathRule: attempt.pathRule,
    isTokenAddedAfterSigning: attempt.isTokenAddedAfterSigning,
    checked: edge.request,
    edgeChanges: edge.changes,
    authorization,
    credential,
    relaxed: verifyRelaxed(base, attempt.pathRule),
  };
}

interface Base {
  readonly checked: ReceivedRequest;
  readonly authorization: Authorization | undefined;
  readonly credential: Judgement['credential'];
  readonly service: string;
  readonly region: string;
  readonly rules: ServiceRules;
  readonly options: JudgeOptions;
}

interface Attempt {
  readonly verdict: Accepted | Refused;
  readonly pathRule: PathRule;
  readonly isTokenAddedAfterSigning: boolean;
}

function readCredential(authorization: Authorization | undefined): Judgement['credential'] {
  if (authorization === undefined) return undefined;
  try {
    return parseCredential(authorization.credential);
  } catch {
    return undefined;
  }
}

/** An unsigned request has no scope; its host may tell which service it is for. */
function guessService({ headers }: ReceivedRequest): string {
  const host = headers.find((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === 'host');
  return /^([a-z0-9-]+)\.(?:[a-z0-9-]+\.)?amazonaws\.com/.exec(host ?? '')?.[1] ?? 'lambda';
}

/** A request that can be compared tells more than one that another rule refuses beforehand. */
function chooseAttempt(attempts: readonly Attempt[]): Attempt {
  const chosen =
    attempts.find(({ verdict }) => verdict.accepted) ??
    attempts.find(({ verdict }) => !verdict.accepted && verdict.failure === 'signature-mismatch') ??
    attempts[0];
  if (chosen === undefined) throw new RangeError('A service has at least one path rule');
  return chosen;
}

function listAttempts(base: Base, pathRule: PathRule): Attempt[] {
  const policy = createPolicy(base, pathRule);
  const asSent = { verdict: verifyRequest(base.checked, policy), pathRule, isTokenAddedAfterSigning: false };
  const withoutToken = removeTokenParameter(base.checked);
  if (withoutToken === undefined || asSent.verdict.accepted || !isTokenRight(base)) return [asSent];
  const findAccessKey = (accessKeyId: string) => dropToken(policy.findAccessKey(accessKeyId));
  const verdict = verifyRequest(withoutToken, { ...policy, findAccessKey });
  return [asSent, { verdict, pathRule, isTokenAddedAfterSigning: true }];
}

function isTokenRight({ authorization, options }: Base): boolean {
  return options.keys.sessionToken === undefined || authorization?.sessionToken === options.keys.sessionToken;
}

function removeTokenParameter(request: ReceivedRequest): ReceivedRequest | undefined {
  const [path = '', ...query] = request.target.split('?');
  const parts = query.join('?').split('&');
  const kept = parts.filter((part) => !part.startsWith('X-Amz-Security-Token='));
  return kept.length === parts.length ? undefined : { ...request, target: `${path}?${kept.join('&')}` };
}

function dropToken(key: AccessKey | undefined): AccessKey | undefined {
  if (key === undefined) return undefined;
  const { sessionToken: _, ...rest } = key;
  return rest;
}

function createPolicy({ service, region, rules, options, authorization }: Base, pathRule: PathRule): VerifierPolicy {
  const { accessKeyId, secretAccessKey = '', sessionToken = authorization?.sessionToken } = options.keys;
  return {
    service,
    region,
    now: options.now,
    windowMinutes: rules.windowMinutes,
    family: rules.family,
    honoursExpires: rules.honoursExpires,
    pathRule,
    signingKeys: new SigningKeyCache(),
    ...(options.payloadHash === undefined ? {} : { payloadHash: options.payloadHash }),
    findAccessKey: (asked) =>
      accessKeyId === undefined || asked === accessKeyId ? createKey(asked, secretAccessKey, sessionToken) : undefined,
  };
}

function createKey(accessKeyId: string, secretAccessKey: string, sessionToken: string | undefined): AccessKey {
  return {
    accessKeyId,
    secretAccessKey,
    isActive: true,
    principal: { arn: '', accountId: '', userId: '' },
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

function verifyRelaxed(base: Base, pathRule: PathRule): Accepted | Refused {
  const { authorization, credential, options } = base;
  const secretAccessKey = options.keys.secretAccessKey ?? '';
  return verifyRequest(base.checked, {
    ...createPolicy(base, pathRule),
    ...(credential === undefined ? {} : { service: credential.scope.service, region: credential.scope.region }),
    now: readTime(authorization) ?? options.now,
    findAccessKey: (asked) => createKey(asked, secretAccessKey, authorization?.sessionToken),
  });
}

function readTime(authorization: Authorization | undefined): Instant | undefined {
  if (authorization === undefined) return undefined;
  try {
    return parseRequestTime(authorization.date).at;
  } catch {
    return undefined;
  }
}
