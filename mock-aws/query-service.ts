import { getHeader } from '#core/http-message.ts';
import type { AwsAnswer, AwsCall, AwsService } from './aws-call.ts';
import { describeMissingMembers } from './schema/missing-members.ts';
import { parseFormInput, writeQueryAnswer, writeQueryJson } from './schema/query-form.ts';
import { parseQuery, queryOf } from './schema/query-string.ts';
import { loadServiceModel, type OperationModel, type ServiceModel } from './schema/service-model.ts';
import { ServiceError } from './service-error.ts';
import type { ReceivedRequest } from './sigv4/types.ts';

/**
 * One operation: parsed input in, output out.
 *
 * The input is typed by the SDK's request shape, which is what the SDK's schema produces.
 */
type QueryOperation = (input: never, call: AwsCall) => object | Promise<object>;

export interface QueryServiceOptions {
  readonly service: 'iam' | 'sts';
  readonly version: string;
  readonly namespace: string;
  readonly operations: Readonly<Record<string, QueryOperation>>;
  /** Throws when the caller may not call an operation; comes before the input is checked (aws.md 1.4). */
  readonly authorise?: (operation: string, input: object, call: AwsCall) => void;
  /** Operations that need no signature. */
  readonly anonymous?: ReadonlySet<string>;
  /** The last word on a JSON answer, for a service whose own JSON differs from the SDK's. */
  readonly adaptJson?: (json: string) => string;
}

/** A service of the query protocol: POST form or GET query, XML or JSON answers (aws.md 3.1, 4.1). */
export function createQueryService(options: QueryServiceOptions): AwsService {
  return {
    handle(call) {
      const model = loadServiceModel(options.service);
      const parameters = collectParameters(call.request);
      const operation = findOperation(model, parameters, options);
      call.nameOperation(operation.name);
      const performance = { model, operation, parameters, options };
      const output = perform(call, performance);
      const answer = (result: object) => call.respond(createAnswer(call, performance, result));
      return output instanceof Promise ? output.then(answer) : answer(output);
    },
    isAnonymous: (request) =>
      options.anonymous !== undefined && options.anonymous.has(collectParameters(request).get('Action') ?? ''),
  };
}

interface Performance {
  readonly model: ServiceModel;
  readonly operation: OperationModel;
  readonly parameters: ReadonlyMap<string, string>;
  readonly options: QueryServiceOptions;
}

function perform(call: AwsCall, { model, operation, parameters, options }: Performance): object | Promise<object> {
  const implementation = options.operations[operation.name];
  if (implementation === undefined) throw notEmulated(options.service, operation.name);
  const input = parseFormInput(model, operation, parameters);
  options.authorise?.(operation.name, input, call);
  const missing = describeMissingMembers(operation, input);
  if (missing !== undefined) throw new ServiceError({ status: 400, code: 'ValidationError', message: missing });
  return implementation(input as never, call);
}

/** XML, or JSON for a caller that accepts it (aws.md 1.2; gateways.md 3.6). */
function createAnswer(
  { request, requestId }: AwsCall,
  { model, operation, options }: Performance,
  output: object,
): AwsAnswer {
  const isJson = getHeader(request.headers, 'accept')?.includes('application/json') === true;
  const text = isJson
    ? (options.adaptJson ?? String)(writeQueryJson(model, operation, { output, requestId }))
    : writeQueryAnswer(model, operation, { output, namespace: options.namespace, requestId });
  const body = Buffer.from(text);
  const contentType = isJson ? 'application/json' : 'text/xml';
  const headers = ['x-amzn-RequestId', requestId, 'Content-Type', contentType, 'Content-Length', String(body.length)];
  return { status: 200, headers, body };
}

/** Parameters of the URL and, for a form, of the body. */
function collectParameters(request: ReceivedRequest): Map<string, string> {
  const parameters = parseQuery(queryOf(request.target));
  if (request.method !== 'POST') return parameters;
  const form = Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength).toString('utf8');
  for (const [name, value] of parseQuery(form)) parameters.set(name, value);
  return parameters;
}

/** aws.md 3.3. `NO_VERSION_SPECIFIED` is what AWS prints when there is none. */
function findOperation(
  model: ServiceModel,
  parameters: ReadonlyMap<string, string>,
  options: QueryServiceOptions,
): OperationModel {
  const action = parameters.get('Action');
  if (action === undefined) {
    throw new ServiceError({
      status: 400,
      code: 'MissingAction',
      message: 'The request must contain the parameter Action',
    });
  }
  const version = parameters.get('Version') ?? 'NO_VERSION_SPECIFIED';
  const operation = model.operations.get(action);
  if (operation !== undefined && version === options.version) return operation;
  const message = `Could not find operation ${action} for version ${version}`;
  throw new ServiceError({ status: 400, code: 'InvalidAction', message });
}

/** A real operation that this mock does not have: said so, instead of an answer that AWS would not give. */
function notEmulated(service: string, operation: string): ServiceError {
  const message = `meshrig does not emulate ${service}:${operation}.`;
  return new ServiceError({ status: 501, code: 'NotImplemented', message });
}
