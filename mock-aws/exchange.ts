import type { Clock } from '#core/clock.ts';
import { getHeader } from '#core/http-message.ts';
import type { Timeline } from '#core/timeline.ts';
import type { AwsAnswer, AwsCall, AwsService, ServiceName } from './aws-call.ts';
import { applyEdge } from './edge/apply-edge.ts';
import type { EdgePolicy } from './edge/types.ts';
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
import { verifyRequest } from './sigv4/verify.ts';

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
}

/** One request as the HTTP side hands it over. */
export interface IncomingRequest {
  readonly service: ServiceName;
  readonly request: ReceivedRequest;
  /** What stands in front of the service on the listener it came by. */
  readonly edge: EdgePolicy;
  respond(answer: AwsAnswer): void;
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
    const edge = applyEdge(this.#request, this.#incoming.edge);
    if (edge.changes.length > 0) {
      this.#entry.edgeChanges = edge.changes;
      this.#entry.checked = createShownHead(edge.request, this.#holdsSecret);
    }
    this.#request = edge.request;
    if (edge.refusal === undefined) this.#verify();
    else this.#fail(edge.refusal);
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
    if (this.#entry.verdict === 'accepted') reportAnswer(this.#context.timeline, this.#entry);
    this.#incoming.respond(answer);
  }

  onAbandoned(callback: () => void): void {
    this.#incoming.onAbandoned(callback);
  }

  #verify(): void {
    const verdict = verifyRequest(this.#request, this.#createPolicy());
    this.#note(verdict);
    if (verdict.accepted) this.#perform(verdict);
    else this.#fail(verdict);
  }

  #createPolicy(): VerifierPolicy {
    const { findAccessKey, signingKeys } = this.#context;
    const { service } = this.#incoming;
    const { family, windowMinutes } = ENDPOINT_RULES[service];
    return {
      service,
      region: this.#scopeRegion(),
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
    }
    reportVerdict(this.#context.timeline, entry, verdict.accepted ? 200 : verdict.status);
  }

  #perform({ accessKeyId, principal }: Accepted): void {
    const { iam, services } = this.#context;
    const { service } = this.#incoming;
    this.#caller = principal;
    iam.noteUse(accessKeyId, service, this.#scopeRegion());
    try {
      services[service].handle(this);
    } catch (error) {
      this.#fail(error instanceof ServiceError ? error.failure : this.#describeBug(error));
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
  };
}
