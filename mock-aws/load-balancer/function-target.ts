import type { Timer } from '#core/clock.ts';
import type { Invocation } from '../lambda/invocation.ts';
import { RequestIds } from '../request-ids.ts';
import { ServiceError } from '../service-error.ts';
import type { ReceivedRequest } from '../sigv4/types.ts';
import { createTraceId } from '../trace-id.ts';
import { reject, type Rejection } from './rejection.ts';
import { createTargetAnswer, type TargetAnswer } from './target-answer.ts';
import { createTargetEvent, type ClientConnection } from './target-event.ts';
import type { LoadBalancerContext, LoadBalancerOptions } from './types.ts';

/** One request's way to the function. */
export interface TargetCall {
  readonly client: ClientConnection;
  /** `Root=1-...` */
  readonly traceRoot: string;
}

type Done = (answer: TargetAnswer | Rejection) => void;

const CONNECT_TIMEOUT_MS = 10_000;

/** Calls the function of a target group: one request is one event, one result one answer. */
export class FunctionTarget {
  readonly #options: LoadBalancerOptions;
  readonly #context: LoadBalancerContext;
  readonly #requestIds: RequestIds;
  readonly #arn: string;

  constructor(options: LoadBalancerOptions, context: LoadBalancerContext) {
    const { region, accountId, random } = context;
    this.#options = options;
    this.#context = context;
    this.#requestIds = new RequestIds(random);
    this.#arn = `arn:aws:elasticloadbalancing:${region}:${accountId}:targetgroup/${options.targetGroup.name}/${random.hex(16)}`;
  }

  createTraceRoot(): string {
    const [root = ''] = createTraceId(this.#requestIds.next(), this.#context.clock.now(), undefined).split(';');
    return root;
  }

  /** `done` is called once, possibly before this returns. */
  call(request: ReceivedRequest, call: TargetCall, done: Done): void {
    const { functionName, isPermitted = true, hasMultiValueHeaders = false } = this.#options.targetGroup;
    if (functionName === undefined) return done({ status: 503 });
    if (!isPermitted) return done(reject('LambdaAccessDenied'));
    const event = createTargetEvent(request, { ...call, targetGroupArn: this.#arn, hasMultiValueHeaders });
    if (event === undefined) return done(reject('LambdaBadRequest'));
    this.#connect((isConnected) => {
      if (!isConnected) return done(reject('LambdaConnectionTimeout'));
      this.#invoke(functionName, this.#createInvocation(functionName, event, call), done);
    });
  }

  /** Without a way of its own to the Lambda service there is nothing to wait for. */
  #connect(done: (isConnected: boolean) => void): void {
    const { connectToLambda } = this.#options;
    if (connectToLambda === undefined) return done(true);
    const abort = new AbortController();
    const timer: Timer = this.#context.clock.setTimer(CONNECT_TIMEOUT_MS, () => abort.abort());
    const finish = (isConnected: boolean) => {
      timer.cancel();
      done(isConnected);
    };
    connectToLambda(abort.signal).then(
      () => finish(true),
      () => finish(false),
    );
  }

  #createInvocation(functionName: string, event: object, { traceRoot }: TargetCall): Invocation {
    const payload = JSON.stringify(event);
    const requestId = this.#requestIds.next();
    return {
      requestId,
      functionArn: this.#context.lambda.arnOf(functionName),
      payload,
      event: JSON.parse(payload) as unknown,
      traceId: createTraceId(requestId, this.#context.clock.now(), traceRoot),
      clientContext: undefined,
    };
  }

  #invoke(functionName: string, invocation: Invocation, done: Done): void {
    const { hasMultiValueHeaders = false } = this.#options.targetGroup;
    try {
      this.#context.lambda.invoke(functionName, invocation, (outcome) =>
        done(createTargetAnswer(outcome, hasMultiValueHeaders)),
      );
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      done(reject(REFUSALS[error.code ?? ''] ?? 'LambdaUnhandled'));
    }
  }
}

/** What Lambda's own refusals are called in the access log. */
const REFUSALS: Readonly<Record<string, 'LambdaThrottling' | 'LambdaResourceNotFound'>> = {
  TooManyRequestsException: 'LambdaThrottling',
  ResourceNotFoundException: 'LambdaResourceNotFound',
};
