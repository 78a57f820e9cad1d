import type { AwsAnswer, AwsCall, AwsService } from '../aws-call.ts';
import { describeMissingMembers } from '../schema/missing-members.ts';
import { createRestJsonProtocol, type RestJsonProtocol, type RestRoute } from '../schema/rest-json.ts';
import { loadServiceModel } from '../schema/service-model.ts';
import { ServiceError } from '../service-error.ts';
import { createFunctionOperations, type FunctionOperation } from './function-operations.ts';
import { findInvokePath } from './invoke-request.ts';
import { invoke, type InvokeContext } from './invoke-operation.ts';
import { invalidRequestContent, operationNotEmulated, operationUnknown } from './lambda-errors.ts';

/** Lambda's API (aws.md 2.1): Invoke by hand, because it is hot; the rest through the SDK's schemas. */
export function createLambdaService(context: InvokeContext): AwsService {
  const operations = createFunctionOperations(context);
  let protocol: RestJsonProtocol | undefined;

  return {
    handle(call) {
      const { method, target } = call.request;
      const path = findInvokePath(method, target);
      if (path !== undefined) {
        call.nameOperation('Invoke');
        invoke(context, path, call);
        return;
      }
      protocol ??= createRestJsonProtocol(loadServiceModel('lambda'));
      const route = protocol.findRoute(method, target);
      if (route === undefined) throw operationUnknown();
      call.nameOperation(route.operation.name);
      call.respond(perform(protocol, route, operations[route.operation.name], call));
    },
  };
}

function perform(
  protocol: RestJsonProtocol,
  route: RestRoute,
  implementation: FunctionOperation | undefined,
  call: AwsCall,
): AwsAnswer {
  if (implementation === undefined) throw operationNotEmulated(route.operation.name);
  const input = parseInput(protocol, route, call);
  const missing = describeMissingMembers(route.operation, input);
  if (missing !== undefined) throw new ServiceError({ status: 400, code: 'ValidationException', message: missing });
  const answer = protocol.writeOutput(route.operation, implementation(input as never, call));
  const body = Buffer.from(answer.body);
  const headers = ['x-amzn-RequestId', call.requestId, ...answer.headers];
  if (answer.status !== 204) headers.push('Content-Type', 'application/json', 'Content-Length', String(body.length));
  return { status: answer.status, headers, body };
}

function parseInput(protocol: RestJsonProtocol, route: RestRoute, call: AwsCall): Record<string, unknown> {
  try {
    return protocol.parseInput(route, call.request);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalidRequestContent(`Could not parse request body into json: ${error.message}`);
  }
}
