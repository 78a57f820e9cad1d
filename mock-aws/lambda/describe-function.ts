import type { Architecture, FunctionConfiguration, Runtime } from '@aws-sdk/client-lambda';
import type { Instant } from '#core/clock.ts';
import type { LambdaFunction } from './lambda-function.ts';

/** A function in the shape of CreateFunction and GetFunction (aws.md 2.6, 2.9). */
export function describeFunction(lambdaFunction: LambdaFunction, now: Instant): FunctionConfiguration {
  const state: FunctionConfiguration =
    now >= lambdaFunction.activeAt
      ? { State: 'Active', LastUpdateStatus: 'Successful' }
      : { State: 'Pending', StateReason: 'The function is being created.', StateReasonCode: 'Creating' };
  return { ...describeListedFunction(lambdaFunction), ...state };
}

/** A function in the shape of ListFunctions, whose entries have no state. */
export function describeListedFunction(lambdaFunction: LambdaFunction): FunctionConfiguration {
  const { name, code, environment, timeoutMs } = lambdaFunction;
  const archive = typeof code === 'function' ? EMPTY_ARCHIVE : code;
  return {
    FunctionName: name,
    FunctionArn: lambdaFunction.arn,
    Runtime: lambdaFunction.runtime as Runtime,
    Role: lambdaFunction.role,
    Handler: lambdaFunction.handler,
    CodeSize: archive.size,
    Description: lambdaFunction.description,
    Timeout: Math.ceil(timeoutMs / 1000),
    MemorySize: lambdaFunction.memoryMb,
    LastModified: formatLastModified(lambdaFunction.createdAt),
    CodeSha256: archive.sha256,
    Version: '$LATEST',
    ...(Object.keys(environment).length === 0 ? {} : { Environment: { Variables: { ...environment } } }),
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: lambdaFunction.revisionId,
    PackageType: 'Zip',
    Architectures: ['x86_64'] satisfies Architecture[],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    RuntimeVersionConfig: { RuntimeVersionArn: createRuntimeArn(lambdaFunction) },
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${name}` },
  };
}

/** An in-process handler has no zip; the hash is that of no bytes. */
const EMPTY_ARCHIVE = { size: 0, sha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' };

/** `2024-01-01T00:00:00.000+0000` */
function formatLastModified(instant: Instant): string {
  return new Date(instant).toISOString().replace('Z', '+0000');
}

/** The hash in the ARN names a build of the runtime; there is only one here. */
function createRuntimeArn({ arn }: LambdaFunction): string {
  const region = arn.split(':')[3] ?? '';
  return `arn:aws:lambda:${region}::runtime:${'0'.repeat(64)}`;
}
