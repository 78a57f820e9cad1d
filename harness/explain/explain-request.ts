import type { RequestHead } from '#core/http-message.ts';
import type { EdgeRefusal } from '#mock-aws/edge/types.ts';
import type { ReceivedRequest, Refused } from '#mock-aws/sigv4/types.ts';
import type { CauseFacts } from './cause-text.ts';
import { describeCause } from './causes.ts';
import { createExplanation, findEdgeChange } from './create-explanation.ts';
import { explainMismatch } from './explain-mismatch.ts';
import { explainRefusal } from './explain-refusal.ts';
import type { Explanation } from './explanation.ts';
import { isAccepted, judgeRequest, type JudgeOptions, type Judgement } from './judge-request.ts';
import { EDGE } from './locate-change.ts';
import type { SearchLimits } from './search.ts';
import { parseSigningParts } from './signing-parts.ts';

export interface ExplainRequestOptions extends JudgeOptions {
  /** The string to sign in the signer's log. */
  readonly stringToSign?: string;
  /** Why the signer had no credentials, in its own words. */
  readonly unsignedBecause?: string;
  readonly limits?: SearchLimits;
}

/** One request, judged and explained. */
export interface RequestReport {
  readonly judgement: Judgement;
  /** Undefined when the request is accepted. */
  readonly explanation: Explanation | undefined;
  /** Whether the signature was computed again; without a secret key it can't be. */
  readonly isRecomputed: boolean;
}

/**
 * Judges one request as AWS would, and says why it is refused. No event shows its path, so the only known hop is AWS's
 * edge.
 */
export function explainRequest(request: ReceivedRequest, options: ExplainRequestOptions): RequestReport {
  const judgement = judgeRequest(request, options);
  const isRecomputed = options.keys.secretAccessKey !== undefined;
  const { verdict } = judgement;
  if (isAccepted(verdict)) return { judgement, explanation: undefined, isRecomputed };
  return { judgement, explanation: explainRefused({ request, judgement, options, verdict }), isRecomputed };
}

interface RefusedRequest {
  readonly request: ReceivedRequest;
  readonly judgement: Judgement;
  readonly options: ExplainRequestOptions;
  readonly verdict: Refused | EdgeRefusal;
}

function explainRefused(refused: RefusedRequest): Explanation {
  const { verdict } = refused;
  if (!('failure' in verdict)) {
    return createByCheck(refused, { cause: 'reserved-header', facts: { message: `${verdict.message}` }, isFact: true });
  }
  if (verdict.failure === 'signature-mismatch') return explainSignature(refused, verdict);
  const { judgement, options } = refused;
  const { unsignedBecause } = options;
  const { credential, service, region, relaxed } = judgement;
  const found = explainRefusal({
    failure: verdict.failure,
    ...(verdict.message === undefined ? {} : { message: verdict.message }),
    ...(credential === undefined ? {} : { accessKeyId: credential.accessKeyId, scope: credential.scope }),
    endpoint: { service, region },
    ...(unsignedBecause === undefined ? {} : { unsigned: { source: 'the signer', reason: unsignedBecause } }),
  });
  const facts =
    found.cause === 'access-key-unknown' ? { ...found.facts, message: describeOtherKey(options) } : found.facts;
  const isFact = !relaxed.accepted && relaxed.failure === verdict.failure;
  return createByCheck(refused, { ...found, facts, isFact });
}

function describeOtherKey({ keys }: ExplainRequestOptions): string {
  return `AWS_ACCESS_KEY_ID is ${keys.accessKeyId ?? 'not set'}`;
}

function createByCheck(
  { judgement, options }: RefusedRequest,
  found: { readonly cause: Explanation['cause']; readonly facts: CauseFacts; readonly isFact: boolean },
): Explanation {
  const hasSecret = options.keys.secretAccessKey !== undefined;
  const { grade, proof } = gradeCheck(found.isFact, judgement.relaxed.accepted, hasSecret);
  return {
    cause: found.cause,
    grade,
    ...describeCause(found.cause, found.facts),
    proof,
    searched: { singles: 0, pairs: 0 },
    ruledOut: [],
    path: [],
  };
}

/** A failed check is a fact of the request; that nothing else is wrong is proved by a signature that matches. */
function gradeCheck(
  isFact: boolean,
  isSignatureRight: boolean,
  hasSecret: boolean,
): Pick<Explanation, 'grade' | 'proof'> {
  if (!hasSecret) {
    return {
      grade: 'consistent',
      proof: ['consistent: the request itself fails this check', 'no secret key: not proved'],
    };
  }
  if (isFact) return { grade: 'proved', proof: ['proved: the request itself fails this check, whatever the key is'] };
  if (isSignatureRight) return { grade: 'proved', proof: ['proved: the signature is right; only this check fails'] };
  return { grade: 'likely', proof: ['likely: this check fails first, but the signature does not match either'] };
}

function explainSignature({ request, judgement, options }: RefusedRequest, verdict: Refused): Explanation {
  const { authorization, edgeChanges, checked, service, credential } = judgement;
  const parts = parseSigningParts(verdict.canonicalRequest ?? '', verdict.stringToSign ?? '');
  if (parts === undefined || authorization === undefined)
    throw new TypeError('A signature was compared without its texts');
  const { secretAccessKey } = options.keys;
  const { stringToSign, limits, payloadHash } = options;
  const finding = explainMismatch({
    subject: {
      parts,
      form: authorization.form,
      received: headOf(request),
      checked: headOf(checked),
      ...(payloadHash === undefined ? { body: request.body } : {}),
      edgeChanges,
      observed: [],
    },
    signature: authorization.signature,
    ...(secretAccessKey === undefined ? {} : { secretAccessKey }),
    ...(stringToSign === undefined ? {} : { stringToSign }),
    ...(limits === undefined ? {} : { limits }),
  });
  const isSameText = finding.cause === 'unexplained' && finding.signedParts !== undefined;
  if (isSameText) return explainSameText(service);
  const isEdge = finding.changes.some((change) => findEdgeChange(edgeChanges, change) !== undefined);
  return createExplanation(finding, {
    checked: parts,
    checkedBy: service,
    hasSecret: secretAccessKey !== undefined,
    path: [],
    ...(isEdge ? { where: `changed at ${EDGE}` } : {}),
    findChanger: (change) => (findEdgeChange(edgeChanges, change) === undefined ? undefined : EDGE),
    facts: credential === undefined ? {} : { accessKeyId: credential.accessKeyId },
  });
}

/** The signer's log and AWS have one text, so all that is left is the key. */
function explainSameText(service: string): Explanation {
  return {
    cause: 'unexplained',
    grade: 'unexplained',
    sentence: `What was signed is what ${service} checks: only another secret key could make the signature differ.`,
    fix: 'if it was refused, give the signer the secret that belongs to this access key',
    proof: ["consistent: the hash in the signer's string to sign is that of the request checked"],
    searched: { singles: 0, pairs: 0 },
    ruledOut: [],
    path: [],
  };
}

function headOf({ method, target, httpVersion, headers }: ReceivedRequest): RequestHead {
  return { method, target, httpVersion, headers };
}
