import type { Clock } from '#core/clock.ts';
import { getHeader } from '#core/http-message.ts';
import type { Random } from '#core/random.ts';
import type { Timeline, TimelineFact } from '#core/timeline.ts';
import type { AwsAnswer, AwsCall, AwsService, ServiceName } from './aws-call.ts';
import { applyEdge } from './edge/apply-edge.ts';
import type { EdgePolicy } from './edge/types.ts';
import { ENDPOINT_RULES } from './endpoint-rules.ts';
import { createErrorAnswer, type AwsFailure, type ErrorForm } from './errors.ts';
import type { IamStore } from './iam/iam-store.ts';
import type { Journal, OpenEntry } from './journal.ts';
import { ServiceError } from './service-error.ts';
import { createShownCanonicalRequest, createShownHead } from './shown-request.ts';
import { SigningKeyCache } from './sigv4/signing-key.ts';
import type { Accepted, ReceivedRequest, Verdict, VerifierPolicy } from './sigv4/types.ts';
import { verifyRequest } from './sigv4/verify.ts';

export interface PipelineOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly journal: Journal;
  readonly iam: IamStore;
  readonly region: string;
  readonly services: Readonly<Record<ServiceName, AwsService>>;
}

/** One request on its way through. */
export interface IncomingRequest {
  readonly service: ServiceName;
  readonly request: ReceivedRequest;
  /** What stands in front of the service on the listener it came by. */
  readonly edge: EdgePolicy;
  /** Calls back when the caller goes away before it was answered. */
  readonly onAbandoned: (callback: () => void) => void;
}

type Finish = (answer: AwsAnswer, code?: string) => void;

/**
 * What happens to every request, in AWS's order (aws.md 1.4): front end, signature, then the operation, which
 * authorises, checks its input and looks at what exists.
 */
export class RequestPipeline {
  readonly #options: PipelineOptions;
  readonly #signingKeys = new SigningKeyCache();

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Answers once, possibly before it returns; never throws. */
  handle(incoming: IncomingRequest, respond: (answer: AwsAnswer) => void): void {
    const entry = this.#open(incoming);
    const finish: Finish = (answer, code) => {
      entry.status = answer.status;
      entry.code = code;
      if (entry.verdict === 'accepted') this.#reportAnswer(entry);
      respond(answer);
    };
    const edge = applyEdge(incoming.request, incoming.edge);
    entry.edgeChanges = edge.changes;
    if (edge.changes.length > 0) entry.checked = createShownHead(edge.request);
    if (edge.refusal !== undefined) {
      finish(createFailureAnswer(incoming, edge.refusal, entry.requestId), edge.refusal.code);
      return;
    }
    const verdict = verifyRequest(edge.request, this.#createPolicy(incoming.service, edge.request));
    this.#note(entry, edge.request, verdict);
    if (verdict.accepted) this.#perform({ incoming, entry, request: edge.request, verdict }, finish);
    else finish(createFailureAnswer(incoming, verdict, entry.requestId), verdict.code);
  }

  /** The answer to a body that is larger than the service reads; nothing else of it was looked at. */
  refuseTooLarge(incoming: IncomingRequest, respond: (answer: AwsAnswer) => void): void {
    const limitBytes = ENDPOINT_RULES[incoming.service].maxBodyBytes;
    const message = `Request must be smaller than ${limitBytes} bytes for the CreateFunction operation`;
    const failure: AwsFailure = { status: 413, code: 'RequestEntityTooLargeException', message };
    const entry = this.#open(incoming);
    entry.status = failure.status;
    entry.code = failure.code;
    respond(createFailureAnswer(incoming, failure, entry.requestId));
  }

  #open({ service, request }: IncomingRequest): OpenEntry {
    const received = createShownHead(request);
    const entry: OpenEntry = {
      requestId: this.#options.random.uuid(),
      at: this.#options.clock.now(),
      service,
      received,
      checked: received,
      edgeChanges: [],
      verdict: 'not-verified',
      accessKeyId: undefined,
      principal: undefined,
      canonicalRequest: undefined,
      stringToSign: undefined,
      warnings: [],
      operation: undefined,
      status: undefined,
      code: undefined,
    };
    this.#options.journal.add(entry);
    return entry;
  }

  #createPolicy(service: ServiceName, request: ReceivedRequest): VerifierPolicy {
    const { clock, iam, region } = this.#options;
    const { family, windowMinutes, regionOf } = ENDPOINT_RULES[service];
    return {
      service,
      region: regionOf(request, region),
      now: clock.now(),
      windowMinutes,
      family,
      pathRule: 'normalized',
      findAccessKey: (accessKeyId) => iam.findAccessKey(accessKeyId),
      signingKeys: this.#signingKeys,
    };
  }

  #note(entry: OpenEntry, request: ReceivedRequest, verdict: Verdict): void {
    const { canonicalRequest } = verdict;
    entry.verdict = verdict.accepted ? 'accepted' : 'refused';
    entry.accessKeyId = verdict.accessKeyId;
    entry.stringToSign = verdict.stringToSign;
    if (canonicalRequest !== undefined) {
      entry.canonicalRequest = createShownCanonicalRequest(request, canonicalRequest);
    }
    if (verdict.accepted) {
      entry.principal = verdict.principal.arn;
      entry.warnings = verdict.warnings;
    } else {
      entry.code = verdict.code;
    }
    this.#reportVerdict(entry, verdict.accepted ? 200 : verdict.status);
  }

  #perform({ incoming, entry, request, verdict }: AcceptedRequest, finish: Finish): void {
    const { iam, region, services } = this.#options;
    const { service } = incoming;
    iam.noteUse(verdict.accessKeyId, service, ENDPOINT_RULES[service].regionOf(request, region));
    const call: AwsCall = {
      request,
      requestId: entry.requestId,
      caller: verdict.principal,
      nameOperation: (operation) => void (entry.operation = operation),
      onAbandoned: incoming.onAbandoned,
    };
    try {
      services[service].handle(call, finish);
    } catch (error) {
      const failure = error instanceof ServiceError ? error.failure : this.#reportBug(entry, error);
      finish(createFailureAnswer(incoming, failure, entry.requestId), failure.code);
    }
  }

  #reportVerdict(entry: OpenEntry, status: number): void {
    const { service, requestId, received, checked, warnings } = entry;
    const fact: VerdictFact = {
      type: 'verdict',
      source: 'mock-aws',
      service,
      awsRequestId: requestId,
      received,
      checked,
      edgeChanges: entry.edgeChanges.filter(({ isApplied }) => isApplied),
      accepted: entry.verdict === 'accepted',
      status,
    };
    if (entry.code !== undefined) fact.code = entry.code;
    if (entry.accessKeyId !== undefined) fact.accessKeyId = entry.accessKeyId;
    if (entry.principal !== undefined) fact.principal = entry.principal;
    if (entry.canonicalRequest !== undefined) fact.canonicalRequest = entry.canonicalRequest;
    if (entry.stringToSign !== undefined) fact.stringToSign = entry.stringToSign;
    if (warnings.length > 0) fact.warnings = warnings;
    this.#options.timeline.emit(fact);
  }

  #reportAnswer({ service, operation = 'unknown', requestId, status = 0, code }: OpenEntry): void {
    const fact = {
      type: 'aws-answered',
      source: 'mock-aws',
      service,
      operation,
      awsRequestId: requestId,
      status,
    } as const;
    this.#options.timeline.emit(code === undefined ? fact : { ...fact, code });
  }

  /** An operation failed in a way it should not: the caller sees AWS's internal error, the timeline sees ours. */
  #reportBug({ service }: OpenEntry, error: unknown): AwsFailure {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.timeline.emit({ type: 'log', source: 'mock-aws', level: 'error', component: service, text });
    const code = ENDPOINT_RULES[service].family === 'query' ? 'InternalFailure' : 'ServiceException';
    return { status: 500, code, message: 'An internal error of the mock: see its log.' };
  }
}

interface AcceptedRequest {
  readonly incoming: IncomingRequest;
  readonly entry: OpenEntry;
  /** After the front end. */
  readonly request: ReceivedRequest;
  readonly verdict: Accepted;
}

type VerdictFact = { -readonly [Member in keyof Verdicts]: Verdicts[Member] } & { readonly source: string };
type Verdicts = Extract<TimelineFact, { type: 'verdict' }>;

function createFailureAnswer({ service, request }: IncomingRequest, failure: AwsFailure, requestId: string): AwsAnswer {
  return createErrorAnswer(failure, errorFormOf(service, request), requestId);
}

/** Query services write JSON for a caller that asks for it (aws.md 1.2). */
function errorFormOf(service: ServiceName, request: ReceivedRequest): ErrorForm {
  const { errors } = ENDPOINT_RULES[service];
  return errors.family === 'query' ? { ...errors, accept: getHeader(request.headers, 'accept') } : errors;
}
