import type {
  CreateFunctionRequest,
  DeleteFunctionConcurrencyRequest,
  DeleteFunctionRequest,
  FunctionConfiguration,
  GetFunctionConcurrencyRequest,
  GetFunctionConfigurationRequest,
  GetFunctionRequest,
  GetFunctionResponse,
  ListFunctionsRequest,
  ListFunctionsResponse,
  PutFunctionConcurrencyRequest,
  Concurrency,
} from '@aws-sdk/client-lambda';
import type { AwsCall } from '../aws-call.ts';
import { authoriseLambda } from './authorise-lambda.ts';
import { describeFunction, describeListedFunction } from './describe-function.ts';
import { LATEST, parseFunctionReference } from './function-reference.ts';
import type { InvokeContext } from './invoke-operation.ts';
import { invalidParameterValue, resourceNotFound } from './lambda-errors.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { parseNewFunction } from './parse-new-function.ts';

/** One operation: input as the SDK's schema reads it, output as it writes it. */
export type FunctionOperation = (input: never, call: AwsCall) => object;

const PAGE_SIZE = 50;

/** Lambda's control plane as far as it is emulated. */
export function createFunctionOperations(context: InvokeContext): Readonly<Record<string, FunctionOperation>> {
  const { store, clock } = context;
  const find = (input: Target, call: AwsCall, action: string) => getFunction(context, input, { call, action });
  const describe = (lambdaFunction: LambdaFunction): FunctionConfiguration =>
    describeFunction(lambdaFunction, clock.now());

  return {
    CreateFunction(input: CreateFunctionRequest, call: AwsCall): FunctionConfiguration {
      authoriseAll(context, call, 'CreateFunction');
      return describe(store.createFunction(parseNewFunction(input)));
    },

    GetFunction(input: GetFunctionRequest, call: AwsCall): GetFunctionResponse {
      const found = find(input, call, 'GetFunction');
      const { reservedConcurrency } = found;
      const concurrency =
        reservedConcurrency === undefined ? {} : { Concurrency: describeConcurrency(reservedConcurrency) };
      return {
        Configuration: describe(found),
        Code: describeCode(found, context),
        Tags: { ...found.tags },
        ...concurrency,
      };
    },

    GetFunctionConfiguration(input: GetFunctionConfigurationRequest, call: AwsCall): FunctionConfiguration {
      return describe(find(input, call, 'GetFunctionConfiguration'));
    },

    ListFunctions(input: ListFunctionsRequest, call: AwsCall): ListFunctionsResponse {
      authoriseAll(context, call, 'ListFunctions');
      const all = store.listFunctions();
      const start = input.Marker === undefined ? 0 : all.findIndex(({ name }) => name > readMarker(input.Marker ?? ''));
      const page = start === -1 ? [] : all.slice(start, start + Math.min(input.MaxItems ?? PAGE_SIZE, PAGE_SIZE));
      const last = page.at(-1);
      const isEnd = last === undefined || last === all.at(-1);
      return { Functions: page.map(describeListedFunction), ...(isEnd ? {} : { NextMarker: writeMarker(last.name) }) };
    },

    DeleteFunction(input: DeleteFunctionRequest, call: AwsCall): object {
      if (input.Qualifier === LATEST) {
        throw invalidParameterValue('$LATEST version cannot be deleted without deleting the function.');
      }
      store.deleteFunction(find(input, call, 'DeleteFunction').name);
      return {};
    },

    PutFunctionConcurrency(input: PutFunctionConcurrencyRequest, call: AwsCall): Concurrency {
      const { name } = find(input, call, 'PutFunctionConcurrency');
      store.setReservedConcurrency(name, input.ReservedConcurrentExecutions);
      return describeConcurrency(input.ReservedConcurrentExecutions ?? 0);
    },

    GetFunctionConcurrency(input: GetFunctionConcurrencyRequest, call: AwsCall): Concurrency {
      const { reservedConcurrency } = find(input, call, 'GetFunctionConcurrency');
      return reservedConcurrency === undefined ? {} : describeConcurrency(reservedConcurrency);
    },

    DeleteFunctionConcurrency(input: DeleteFunctionConcurrencyRequest, call: AwsCall): object {
      store.setReservedConcurrency(find(input, call, 'DeleteFunctionConcurrency').name, undefined);
      return {};
    },
  };
}

interface Target {
  readonly FunctionName: string | undefined;
  readonly Qualifier?: string | undefined;
}

/** aws.md 2.2: unlike Invoke, these do not append `:$LATEST` to the name they did not find. */
function getFunction(
  { store, accountId: ownAccount, region, findDenial }: InvokeContext,
  input: Target,
  { call, action }: { readonly call: AwsCall; readonly action: string },
): LambdaFunction {
  const {
    name,
    qualifier,
    accountId = ownAccount,
  } = parseFunctionReference(input.FunctionName ?? '', {
    qualifier: input.Qualifier,
    region,
  });
  const resourceArn = `arn:aws:lambda:${region}:${accountId}:function:${name}`;
  authoriseLambda(findDenial, call.caller, { action: `lambda:${action}`, resourceArn, accountId });
  const found = store.getFunction(name);
  if (qualifier === undefined || qualifier === LATEST) return found;
  throw resourceNotFound(`Function not found: ${resourceArn}:${qualifier}`);
}

/** Listing and creating are about no function that exists: policies name them with `*` (aws.md 4.7). */
function authoriseAll({ accountId, findDenial }: InvokeContext, { caller }: AwsCall, action: string): void {
  authoriseLambda(findDenial, caller, { action: `lambda:${action}`, resourceArn: '*', accountId });
}

function describeConcurrency(reserved: number): Concurrency {
  return { ReservedConcurrentExecutions: reserved };
}

/** AWS gives a presigned address of the zip; this one leads nowhere, but has the form. */
function describeCode(
  lambdaFunction: LambdaFunction,
  { accountId, region }: InvokeContext,
): GetFunctionResponse['Code'] {
  const { name, revisionId } = lambdaFunction;
  const location = `https://awslambda-${region}-tasks.s3.${region}.amazonaws.com/snapshots/${accountId}/${name}-${revisionId}`;
  return { RepositoryType: 'S3', Location: location };
}

/** A marker is opaque to clients; here it is the last name of the page before. */
function writeMarker(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function readMarker(marker: string): string {
  return Buffer.from(marker, 'base64url').toString();
}
