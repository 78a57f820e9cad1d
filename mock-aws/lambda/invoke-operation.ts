import type { Clock } from '#core/clock.ts';
import type { AwsAnswer, AwsCall } from '../aws-call.ts';
import type { FindDenial } from '../authorise.ts';
import { createTraceId } from '../trace-id.ts';
import { authoriseLambda } from './authorise-lambda.ts';
import { LATEST, parseFunctionReference, type FunctionReference } from './function-reference.ts';
import type { Invocation, Outcome } from './invocation.ts';
import { formatInvocationLog, formatLogTail } from './invocation-log.ts';
import { parseInvokeRequest, parsePayload, type InvokePath, type InvokeRequest } from './invoke-request.ts';
import { resourceNotFound } from './lambda-errors.ts';
import type { LambdaFunction } from './lambda-function.ts';
import type { LambdaStore } from './lambda-store.ts';

export interface InvokeContext {
  readonly store: LambdaStore;
  readonly clock: Clock;
  readonly accountId: string;
  readonly region: string;
  readonly findDenial: FindDenial;
}

/**
 * Invoke (aws.md 2.3). Responds when the run is over; with a synchronous handler that is before this returns.
 *
 * @throws ServiceError
 */
export function invoke(context: InvokeContext, path: InvokePath, call: AwsCall): void {
  const request = parseInvokeRequest(path, call);
  const lambdaFunction = getTarget(context, request, call);
  context.store.checkActive(lambdaFunction);
  const payload = parsePayload(call.request.body, request.invocationType);
  const invocation: Invocation = {
    requestId: call.requestId,
    functionArn: lambdaFunction.arn,
    payload: payload.text,
    event: payload.event,
    traceId: createTraceId(call.requestId, context.clock.now(), request.traceId),
    clientContext: request.clientContext,
  };
  if (request.invocationType === 'RequestResponse') run(context, { request, lambdaFunction, invocation, call });
  else call.respond(acceptOnly(context, request, lambdaFunction, invocation));
}

interface SynchronousRun {
  readonly request: InvokeRequest;
  readonly lambdaFunction: LambdaFunction;
  readonly invocation: Invocation;
  readonly call: AwsCall;
}

/** A caller that goes away does not stop the run: it goes on, and counts, until it ends by itself. */
function run({ store }: InvokeContext, { request, lambdaFunction, invocation, call }: SynchronousRun): void {
  let isOver = false;
  store.invoke(lambdaFunction.name, invocation, (outcome) => {
    isOver = true;
    call.respond(createRunAnswer(invocation, outcome, request.isLogWanted ? lambdaFunction.memoryMb : undefined));
  });
  if (!isOver) call.onAbandoned(() => store.noteAbandoned(lambdaFunction.name, invocation));
}

function acceptOnly(
  { store }: InvokeContext,
  { invocationType }: InvokeRequest,
  lambdaFunction: LambdaFunction,
  invocation: Invocation,
): AwsAnswer {
  const common = createCommonHeaders(invocation);
  if (invocationType === 'DryRun') return { status: 204, headers: common, body: '' };
  store.invokeLater(lambdaFunction.name, () => ({ ...invocation, event: JSON.parse(invocation.payload) }));
  return { status: 202, headers: [...common, 'Content-Length', '0'], body: '' };
}

function getTarget(context: InvokeContext, request: InvokeRequest, call: AwsCall): LambdaFunction {
  const { store, region } = context;
  const reference = parseFunctionReference(request.functionName, { qualifier: request.qualifier, region });
  const accountId = reference.accountId ?? context.accountId;
  const resourceArn = qualifiedArn(store.arnOf(reference.name, accountId), reference);
  const found = store.findFunction(reference.name, accountId);
  authoriseLambda(context.findDenial, call.caller, {
    action: 'lambda:InvokeFunction',
    resourceArn,
    // A function that another account shares has a policy of its own for this one.
    accountId: found === undefined ? accountId : context.accountId,
  });
  if (found === undefined || (reference.qualifier ?? LATEST) !== LATEST) {
    // An unqualified Invoke names $LATEST in its refusal (aws.md 2.2, since 2025).
    throw resourceNotFound(
      `Function not found: ${store.arnOf(reference.name, accountId)}:${reference.qualifier ?? LATEST}`,
    );
  }
  return found;
}

function qualifiedArn(arn: string, { qualifier }: FunctionReference): string {
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}

/** `logMemoryMb` is set when the caller asked for the log's tail. */
function createRunAnswer(invocation: Invocation, outcome: Outcome, logMemoryMb: number | undefined): AwsAnswer {
  const { payload: body } = outcome;
  const headers = createCommonHeaders(invocation);
  headers.push('Content-Type', 'application/json', 'X-Amz-Executed-Version', LATEST);
  if (outcome.kind !== 'returned') headers.push('X-Amz-Function-Error', 'Unhandled');
  if (logMemoryMb !== undefined) {
    const log = formatInvocationLog(invocation.requestId, outcome, logMemoryMb);
    headers.push('X-Amz-Log-Result', formatLogTail(log));
  }
  headers.push('Content-Length', String(Buffer.byteLength(body)));
  return { status: 200, headers, body };
}

function createCommonHeaders({ requestId, traceId }: Invocation): string[] {
  return ['x-amzn-RequestId', requestId, 'x-amzn-Remapped-Content-Length', '0', 'X-Amzn-Trace-Id', traceId];
}
