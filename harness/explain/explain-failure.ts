import type { RequestHead } from '#core/http-message.ts';
import type { TimelineEvent, TimelineEventOf } from '#core/timeline.ts';
import type { Authorization } from '#mock-aws/sigv4/authorization.ts';
import type { Cause } from './cause.ts';
import type { Change } from './change.ts';
import type { CauseFacts } from './cause-text.ts';
import { describeCause } from './causes.ts';
import { classifyRefusal } from './classify-refusal.ts';
import { explainUnansweredCall } from './connections/explain-unanswered-call.ts';
import { createExplanation } from './create-explanation.ts';
import { readCredentialStory } from './credential-story.ts';
import { explainBySync } from './explain-by-sync.ts';
import { explainMismatch, type MismatchInput } from './explain-mismatch.ts';
import { explainProxyAnswer } from './explain-proxy-answer.ts';
import { explainRefusal } from './explain-refusal.ts';
import { explainLambdaAnswer } from './explain-lambda-answer.ts';
import type { Explanation } from './explanation.ts';
import { readKeyHistory } from './key-history.ts';
import { type ChangePlace, locateChange } from './locate-change.ts';
import { createPathRows, findRowNumber, type PathRow } from './path-rows.ts';
import { readAuthorization } from './read-authorization.ts';
import type { SearchLimits } from './search.ts';
import type { SearchSubject } from './search-subject.ts';
import { describeSigningTime } from './signing-time.ts';
import { formatStringToSign, isTokenHidden, parseSigningParts, type SigningParts } from './signing-parts.ts';
import { type FailureReference, findCall, traceRequest, type RequestTrace } from './trace-request.ts';

export interface ExplainFailureOptions {
  /** The secret of a key that exists or existed, to sign again with. It goes nowhere else. */
  readonly findSecretAccessKey: (accessKeyId: string) => string | undefined;
  readonly limits?: SearchLimits;
}

/**
 * Explains from the timeline why AWS refused a request, why a proxy answered it itself, or why no answer came.
 *
 * Undefined when neither happened.
 */
export function explainFailure(
  events: readonly TimelineEvent[],
  reference: FailureReference,
  options: ExplainFailureOptions,
): Explanation | undefined {
  const trace = traceRequest(events, reference);
  if (trace === undefined || trace.verdict.accepted) return explainWithoutRefusal(events, reference);
  const { failure, message = '' } = trace.verdict;
  if (failure === 'reserved-header') return explainByCheck(events, trace, { failure, message });
  const refusal = classifyRefusal(trace.verdict);
  if (refusal.failure !== 'signature-mismatch')
    return explainByCheck(events, trace, { ...refusal, failure: refusal.failure });
  return explainBySignature(trace, options) ?? explainNothing(trace);
}

/** AWS refused nothing: a proxy was behind its control plane, the answer is its own, or Lambda ran nothing. */
function explainWithoutRefusal(events: readonly TimelineEvent[], reference: FailureReference): Explanation | undefined {
  const call = findCall(events, reference);
  return (
    call &&
    (explainUnansweredCall(events, call) ??
      explainLambdaAnswer(events, call) ??
      explainBySync(events, call) ??
      explainProxyAnswer(events, call))
  );
}

type Check = Omit<ReturnType<typeof classifyRefusal>, 'failure'> & {
  readonly failure: Parameters<typeof explainRefusal>[0]['failure'];
};

function explainByCheck(events: readonly TimelineEvent[], trace: RequestTrace, check: Check): Explanation {
  const { verdict, signed, unsigned } = trace;
  const accessKeyId = check.accessKeyId ?? verdict.accessKeyId;
  const { cause, facts } = explainRefusal({
    ...check,
    ...(accessKeyId === undefined ? {} : { accessKeyId, keyHistory: readKeyHistory(events, accessKeyId, verdict) }),
    ...(signed === undefined ? {} : { signedBy: signed.source }),
    ...(unsigned === undefined ? {} : { unsigned }),
  });
  const path = createPathRows(trace, describeCheck(check.failure));
  const signer = signed?.source ?? unsigned?.source;
  const story =
    signer !== undefined && ABOUT_KEPT_KEYS.has(cause)
      ? readCredentialStory(events, { source: signer, request: unsigned ?? signed ?? verdict })
      : undefined;
  return {
    cause,
    grade: cause === 'access-key-not-yet-known' ? 'likely' : 'proved',
    ...describeCause(cause, { ...facts, ...story?.facts, ...describeByTrace(cause, trace) }),
    ...(signer === undefined
      ? {}
      : { where: `${signed === undefined ? 'left unsigned' : 'signed'} at ${describePlace(path, signer)}` }),
    proof: [
      `${cause === 'access-key-not-yet-known' ? 'likely' : 'proved'}: ${verdict.service} refused it at this check, before it compared signatures`,
      ...(story?.told ?? []),
    ],
    searched: { singles: 0, pairs: 0 },
    ruledOut: [],
    path,
  };
}

/** What the request itself shows about a check that it failed. */
function describeByTrace(cause: Cause, trace: RequestTrace): CauseFacts {
  if (cause === 'clock-skew') return describeSigningTime(trace);
  if (cause !== 'reserved-header') return {};
  const header = trace.verdict.received.headers.find((name, index) => index % 2 === 0 && RESERVED.test(name));
  return header === undefined ? {} : { header: header.toLowerCase() };
}

const RESERVED = /^x-amzn-(?:tls-version|cipher-suite|vpc)/i;

/** Causes that lie in what the signer did about its keys before the request. */
const ABOUT_KEPT_KEYS: ReadonlySet<string> = new Set(['no-credentials', 'session-token-expired']);

/** `key-inactive` reads as `key inactive`. */
function describeCheck(failure: string): string {
  return failure.replaceAll('-', ' ');
}

function explainBySignature(trace: RequestTrace, options: ExplainFailureOptions): Explanation | undefined {
  const { verdict, signed } = trace;
  const { canonicalRequest, stringToSign, accessKeyId } = verdict;
  const authorization = readAuthorization(verdict.checked);
  if (canonicalRequest === undefined || stringToSign === undefined || authorization === undefined) return undefined;
  const parts = parseSigningParts(canonicalRequest, stringToSign);
  if (parts === undefined) return undefined;
  const secretAccessKey = accessKeyId === undefined ? undefined : options.findSecretAccessKey(accessKeyId);
  const signedParts = signed === undefined ? undefined : readSignedParts(signed, parts);
  const input: MismatchInput = {
    subject: createSubject(trace, parts, authorization),
    signature: authorization.signature,
    ...(secretAccessKey === undefined ? {} : { secretAccessKey }),
    ...(signedParts === undefined ? {} : { signed: signedParts }),
    // Hops that were seen show the Host that was signed: no port is left to guess.
    limits: { everyPort: trace.hops.length === 0, ...options.limits },
  };
  const finding = explainMismatch(input);
  const path = createPathRows(trace, 'signature');
  const where = describeWhere(trace, finding.changes, path);
  return createExplanation(finding, {
    checked: parts,
    checkedBy: verdict.service,
    ...(signed === undefined ? {} : { signedBy: signed.source }),
    hasSecret: secretAccessKey !== undefined,
    path,
    ...(where === undefined ? {} : { where }),
    findChanger: (change) => nameChanger(locateChange(trace, change)),
    facts: createFacts(trace, accessKeyId),
  });
}

/**
 * What the signer says it signed. A text that does not hash to its own string to sign is not what was signed, and would
 * make a wrong proof; only a session token that is hidden on both sides excuses it, because nothing is proved then.
 */
function readSignedParts(signed: TimelineEventOf<'signed'>, checked: SigningParts): SigningParts | undefined {
  const parts = parseSigningParts(signed.canonicalRequest, signed.stringToSign);
  if (parts === undefined) return undefined;
  const isExact = formatStringToSign(parts) === signed.stringToSign;
  return isExact || isTokenHidden(checked) ? parts : undefined;
}

function createSubject(trace: RequestTrace, parts: SigningParts, { form }: Authorization): SearchSubject {
  const { verdict, hops, signed } = trace;
  const heads = hops
    .toReversed()
    .flatMap(({ received, sent }): RequestHead[] => (sent === undefined ? [received] : [sent, received]));
  return {
    parts,
    form,
    received: verdict.received,
    checked: verdict.checked,
    edgeChanges: verdict.edgeChanges,
    observed: [...(signed === undefined ? [] : [signed.request]), ...heads],
  };
}

function createFacts({ hops, signed }: RequestTrace, accessKeyId: string | undefined): CauseFacts {
  const first = hops.find(({ kind }) => kind === 'proxy');
  const gateway = first?.source === signed?.source ? undefined : first;
  return {
    ...(accessKeyId === undefined ? {} : { accessKeyId }),
    ...(signed === undefined ? {} : { signedBy: signed.source }),
    ...(gateway === undefined ? {} : { gateway: gateway.source }),
    ...(gateway?.route === undefined ? {} : { route: gateway.route }),
  };
}

function nameChanger(place: ChangePlace | undefined): string | undefined {
  if (place === undefined) return undefined;
  return place.name.startsWith('the way to ') ? `something on ${place.name}` : place.name;
}

/** `signed at hop 3, proxy "ingress", filter aws_lambda; changed at hop 4, aws edge` */
function describeWhere(trace: RequestTrace, changes: readonly Change[], path: readonly PathRow[]): string | undefined {
  const { signed } = trace;
  const places = changes.flatMap((change) => locateChange(trace, change) ?? []);
  const changed = [...new Set(places.map((place) => `changed ${describeChangePlace(place, path)}`))];
  const signedAt =
    signed === undefined ? [] : [`signed at ${describePlace(path, signed.source)}, filter ${signed.filter}`];
  const clauses = [...signedAt, ...changed];
  return clauses.length === 0 ? undefined : clauses.join('; ');
}

function describeChangePlace(place: ChangePlace, path: readonly PathRow[]): string {
  if (place.name.startsWith('the way to ')) return `on ${place.name}`;
  const after = place.isAfterSigning ? ', after signing' : '';
  return `at ${describePlace(path, place.name)}${after}`;
}

function describePlace(path: readonly PathRow[], name: string): string {
  const number = findRowNumber(path, name);
  return number === undefined ? name : `hop ${number}, ${name}`;
}

/** A verdict that tells too little to search with. */
function explainNothing(trace: RequestTrace): Explanation {
  const { verdict } = trace;
  return {
    cause: 'unexplained',
    grade: 'unexplained',
    ...describeCause('unexplained', {}),
    proof: [`unexplained: ${verdict.service} told neither its canonical request nor the check that failed`],
    searched: { singles: 0, pairs: 0 },
    ruledOut: [],
    path: createPathRows(trace, describeVerdict(verdict)),
  };
}

function describeVerdict({ code, status }: TimelineEventOf<'verdict'>): string {
  return code ?? String(status);
}
