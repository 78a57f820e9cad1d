import type { Clock } from '#core/clock.ts';
import { getHeader } from '#core/http-message.ts';
import type { Timeline } from '#core/timeline.ts';
import type { AwsAnswer, AwsCall, AwsService, ServiceName } from './aws-call.ts';
import { applyEdge } from './edge/apply-edge.ts';
import type { EdgePolicy, EdgeRefusal } from './edge/types.ts';
import type { EndpointFailure } from './endpoint/endpoint-failure.ts';
import type { FailureSchedule } from './endpoint/failure-schedule.ts';
import { ENDPOINT_RULES } from './endpoint-rules.ts';
import { createErrorAnswer, type AwsFailure, type ErrorForm } from './errors.ts';
import { reportAnswer, reportBug, reportVerdict } from './exchange-events.ts';
import type { IamStore } from './iam/iam-store.ts';
import type { Journal, OpenEntry } from './journal.ts';
import type { RequestIds } from './request-ids.ts';
import { ServiceError } from './service-error.ts';
import { createShownHead, mayHoldSecret } from './shown-request.ts';
import { hideSessionToken } from './sigv4/hide-session-token.ts';
import type { SigningKeyCache } from './sigv4/signing-key.ts';
import type { Accepted, Principal, ReceivedRequest, Verdict, VerifierPolicy } from './sigv4/types.ts';
import { findMalformation, verifyRequest } from './sigv4/verify.ts';

/** What every request of one mock shares. */
export interface ExchangeContext {
  readonly clock: Clock;
  readonly requestIds: RequestIds;
  readonly timeline: Timeline;
  readonly journal: Journal;
  readonly iam: IamStore;
  /** {@link IamStore.findAccessKey}, bound once. */
  readonly findAccessKey: VerifierPolicy['findAccessKey'];
  readonly region: string;
  readonly signingKeys: SigningKeyCache;
  readonly services: Readonly<Record<ServiceName, AwsService>>;
  /** What scenarios want to go wrong. */
  readonly failures: Readonly<Partial<Record<ServiceName, FailureSchedule>>>;
}

/** One request as the HTTP side hands it over. */
export interface IncomingRequest {
  readonly service: ServiceName;
  readonly request: ReceivedRequest;
  /** What stands in front of the service on the listener it came by. */
  readonly edge: EdgePolicy;
  respond(answer: AwsAnswer): void;
  /** Resets the connection instead of answering. */
  reset(): void;
  /** Calls back when the caller goes away before it was answered. */
  onAbandoned(callback: () => void): void;
}

/**
 * What happens to one request, in AWS's order (aws.md 1.4): front end, signature, then the operation, which authorises,
 * checks its input and looks at what exists.
 *
 * A class, not closures: one object per request instead of one function per step, which shows in the bench.
 */
export class Exchange implements AwsCall {
  readonly requestId: string;
  readonly #context: ExchangeContext;
  readonly #incoming: IncomingRequest;
  readonly #entry: OpenEntry;
  /** Looked up once: the front end adds no header that is hidden. */
  readonly #holdsSecret: boolean;
  /** After the front end. */
  #request: ReceivedRequest;
  #caller: Principal = NOBODY;
  /** Answers are reported once the signature is accepted, or where it does not come to that. */
  #isReported = false;
  #isCutOff = false;

  constructor(context: ExchangeContext, incoming: IncomingRequest) {
    this.#context = context;
    this.#incoming = incoming;
    this.#request = incoming.request;
    this.requestId = context.requestIds.next();
    this.#holdsSecret = mayHoldSecret(incoming.request);
    this.#entry = createEntry({
      requestId: this.requestId,
      at: context.clock.now(),
      service: incoming.service,
      received: createShownHead(incoming.request, this.#holdsSecret),
    });
    context.journal.add(this.#entry);
  }

  get request(): ReceivedRequest {
    return this.#request;
  }

  get caller(): Principal {
    return this.#caller;
  }

  /** Answers the request, now or later; never throws. */
  run(): void {
    const failure = this.#context.failures[this.#incoming.service]?.next(this.#request);
    if (failure === undefined) this.#passEdge();
    else this.#misbehave(failure);
  }

  /** Does what a scenario wants to go wrong at this endpoint. */
  #misbehave(failure: EndpointFailure): void {
    switch (failure.kind) {
      case 'slow':
        this.#context.clock.setTimer(failure.delayMs, () => this.#passEdge());
        return;
      case 'status':
        this.#isReported = true;
        this.#fail(createStatusFailure(failure));
        return;
      case 'malformed':
        this.#isCutOff = true;
        this.#passEdge();
        return;
      case 'reset':
        this.#incoming.reset();
        return;
      default:
        // Nothing ever comes back.
        return;
    }
  }

  #passEdge(): void {
    const edge = applyEdge(this.#request, this.#incoming.edge);
    if (edge.changes.length > 0) {
      this.#entry.edgeChanges = edge.changes;
      this.#entry.checked = createShownHead(edge.request, this.#holdsSecret);
    }
    this.#request = edge.request;
    if (edge.refusal === undefined) this.#verify();
    else this.#refuseAtEdge(edge.refusal);
  }

  /** Nothing is verified, but who explains the answer has to know of the request. */
  #refuseAtEdge(refusal: EdgeRefusal): void {
    this.#entry.failure = 'reserved-header';
    this.#entry.message = refusal.message;
    reportVerdict(this.#context.timeline, this.#entry, refusal.status);
    this.#fail(refusal);
  }

  /** Answers a request whose body is larger than the service reads; nothing else of it is looked at. */
  refuseTooLarge(): void {
    const limitBytes = ENDPOINT_RULES[this.#incoming.service].maxBodyBytes;
    const message = `Request must be smaller than ${limitBytes} bytes for the CreateFunction operation`;
    this.#fail({ status: 413, code: 'RequestEntityTooLargeException', message });
  }

  nameOperation(operation: string): void {
    this.#entry.operation = operation;
  }

  respond(answer: AwsAnswer): void {
    this.#entry.status = answer.status;
    if (this.#entry.verdict === 'accepted' || this.#isReported) reportAnswer(this.#context.timeline, this.#entry);
    this.#incoming.respond(this.#isCutOff ? cutOff(answer) : answer);
  }

  onAbandoned(callback: () => void): void {
    this.#incoming.onAbandoned(callback);
  }

  #verify(): void {
    if (this.#context.services[this.#incoming.service].isAnonymous?.(this.#request) === true) {
      this.#admit();
      return;
    }
    const verdict = verifyRequest(this.#request, this.#createPolicy());
    this.#note(verdict);
    if (verdict.accepted) this.#perform(verdict);
    else this.#fail(verdict);
  }

  /** An operation that needs no signature: only the form of the request is looked at. */
  #admit(): void {
    const refusal = findMalformation(this.#request, ENDPOINT_RULES[this.#incoming.service].family);
    this.#isReported = refusal === undefined;
    if (refusal === undefined) this.#handle();
    else this.#fail(refusal);
  }

  #createPolicy(): VerifierPolicy {
    const { findAccessKey, signingKeys } = this.#context;
    const { service } = this.#incoming;
    const { family, windowMinutes, namesScopeRegion = true } = ENDPOINT_RULES[service];
    return {
      service,
      region: this.#scopeRegion(),
      namesScopeRegion,
      now: this.#entry.at,
      windowMinutes,
      family,
      pathRule: 'normalized',
      findAccessKey,
      signingKeys,
    };
  }

  #scopeRegion(): string {
    return ENDPOINT_RULES[this.#incoming.service].regionOf(this.#request, this.#context.region);
  }

  #note(verdict: Verdict): void {
    const entry = this.#entry;
    const { canonicalRequest } = verdict;
    entry.accessKeyId = verdict.accessKeyId;
    entry.stringToSign = verdict.stringToSign;
    if (canonicalRequest !== undefined) {
      entry.canonicalRequest = this.#holdsSecret ? hideSessionToken(canonicalRequest) : canonicalRequest;
    }
    if (verdict.accepted) {
      entry.verdict = 'accepted';
      entry.principal = verdict.principal.arn;
      entry.warnings = verdict.warnings;
    } else {
      entry.verdict = 'refused';
      entry.code = verdict.code;
      entry.failure = verdict.failure;
      entry.message = verdict.message;
      entry.principal = this.#findPrincipal(verdict.accessKeyId);
    }
    reportVerdict(this.#context.timeline, entry, verdict.accepted ? 200 : verdict.status);
  }

  /** Whose key a refused request came with: a ledger of keys tells sessions by it. */
  #findPrincipal(accessKeyId: string | undefined): string | undefined {
    return accessKeyId === undefined ? undefined : this.#context.findAccessKey(accessKeyId)?.principal.arn;
  }

  #perform({ accessKeyId, principal }: Accepted): void {
    this.#caller = principal;
    this.#context.iam.noteUse(accessKeyId, this.#incoming.service, this.#scopeRegion());
    this.#handle();
  }

  #handle(): void {
    const refuse = (error: unknown) =>
      this.#fail(error instanceof ServiceError ? error.failure : this.#describeBug(error));
    try {
      this.#context.services[this.#incoming.service].handle(this)?.catch(refuse);
    } catch (error) {
      refuse(error);
    }
  }

  /** An operation failed in a way it should not: the caller sees AWS's internal error, the timeline sees ours. */
  #describeBug(error: unknown): AwsFailure {
    const { service } = this.#incoming;
    reportBug(this.#context.timeline, service, error);
    const code = ENDPOINT_RULES[service].family === 'query' ? 'InternalFailure' : 'ServiceException';
    return { status: 500, code, message: 'An internal error of the mock: see its log.' };
  }

  #fail(failure: AwsFailure): void {
    this.#entry.code = failure.code;
    this.respond(createErrorAnswer(failure, this.#errorForm(), this.requestId));
  }

  /** Query services write JSON for a caller that asks for it (aws.md 1.2). */
  #errorForm(): ErrorForm {
    const { errors } = ENDPOINT_RULES[this.#incoming.service];
    return errors.family === 'query' ? { ...errors, accept: getHeader(this.#request.headers, 'accept') } : errors;
  }
}

/** The caller before the signature was accepted. */
const NOBODY: Principal = { arn: '', accountId: '', userId: '' };

function createStatusFailure({ status, body }: EndpointFailure & { kind: 'status' }): AwsFailure {
  const message = body ?? `status ${status} on purpose`;
  if (status === 429) return { status, code: 'Throttling', message: body ?? 'Rate exceeded' };
  return {
    status,
    code: status < 500 ? 'ValidationError' : status === 503 ? 'ServiceUnavailable' : 'InternalFailure',
    message,
  };
}

/** A document that ends in the middle, with a length that is its own. */
function cutOff(answer: AwsAnswer): AwsAnswer {
  const body = answer.body.slice(0, answer.body.length / 2);
  const headers = answer.headers.filter((_, index) => !isLength(answer.headers[index - (index % 2)]));
  return { status: 200, headers: [...headers, 'Content-Length', String(Buffer.byteLength(body))], body };
}

function isLength(name: string | undefined): boolean {
  return name?.toLowerCase() === 'content-length';
}

function createEntry(arrival: Pick<OpenEntry, 'requestId' | 'at' | 'service' | 'received'>): OpenEntry {
  const { requestId, at, service, received } = arrival;
  return {
    requestId,
    at,
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
    failure: undefined,
    message: undefined,
  };
}
