import type { LambdaFunction } from './lambda-function.ts';

/** The temporary key of a function's role. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * The environment of a function process (aws.md 2.10). `LAMBDA_TASK_ROOT` is the folder the code really lies in, since
 * there is no `/var/task` here; `PATH` is this machine's.
 */
export function createProcessVariables(
  lambdaFunction: LambdaFunction,
  place: { readonly folder: string; readonly region: string; readonly credentials: RoleCredentials },
): Record<string, string> {
  const { name, memoryMb, handler, runtime, logStreamName, environment } = lambdaFunction;
  const { folder, region, credentials } = place;
  return {
    PATH: process.env['PATH'] ?? '',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...environment,
    _HANDLER: handler,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    LAMBDA_TASK_ROOT: folder,
    LAMBDA_RUNTIME_DIR: import.meta.dirname,
  };
}
