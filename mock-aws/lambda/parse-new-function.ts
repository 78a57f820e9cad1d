import type { CreateFunctionRequest } from '@aws-sdk/client-lambda';
import { readCodeArchive, type CodeArchive } from './code-archive.ts';
import { constraintFailed, invalidParameterValue, requestTooLarge } from './lambda-errors.ts';
import type { NewFunction } from './lambda-function.ts';

const NAME = /^(?:arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?(?<name>[a-zA-Z0-9-_]{1,64})$/;
const NAME_PATTERN = String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`;
const ROLE = /^arn:(?:aws[a-zA-Z-]*)?:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/;
const ROLE_PATTERN = String.raw`arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`;
/** What can really run here: functions run on this machine's Node or `python3`. */
const RUNTIMES = ['nodejs20.x', 'nodejs22.x', 'nodejs24.x', 'python3.11', 'python3.12', 'python3.13', 'python3.14'];
const RETIRED_RUNTIME = /^nodejs(?:4\.3|6\.10|8\.10|10\.x|12\.x|14\.x|16\.x|18\.x)$/;
const MAX_ZIP_BYTES = 52_428_800;

/**
 * Reads CreateFunction's input.
 *
 * @throws ServiceError with the texts of aws.md 2.7
 */
export function parseNewFunction(input: CreateFunctionRequest): NewFunction {
  const { name, handler, runtime } = { name: parseName(input.FunctionName), ...parseRuntime(input) };
  return {
    name,
    handler,
    runtime,
    role: parseRole(input.Role),
    code: parseCode(input),
    description: input.Description ?? '',
    environment: { ...input.Environment?.Variables },
    tags: { ...input.Tags },
    timeoutMs: parseRange('timeout', input.Timeout ?? 3, { min: 1, max: 900 }) * 1000,
    memoryMb: parseRange('memorySize', input.MemorySize ?? 128, { min: 128, max: 10_240 }),
  };
}

function parseName(value: string | undefined): string {
  const name = NAME.exec(value ?? '')?.groups?.['name'];
  if (name === undefined) {
    throw constraintFailed('functionName', value, `Member must satisfy regular expression pattern: ${NAME_PATTERN}`);
  }
  return name;
}

function parseRole(role: string | undefined): string {
  if (role !== undefined && ROLE.test(role)) return role;
  throw constraintFailed('role', role, `Member must satisfy regular expression pattern: ${ROLE_PATTERN}`);
}

function parseRuntime({ Runtime: runtime, Handler: handler }: CreateFunctionRequest): {
  handler: string;
  runtime: string;
} {
  if (runtime === undefined || handler === undefined) {
    throw invalidParameterValue(
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    );
  }
  if (RUNTIMES.includes(runtime)) return { runtime, handler };
  if (RETIRED_RUNTIME.test(runtime)) {
    throw invalidParameterValue(
      `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
    );
  }
  throw invalidParameterValue(
    `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${RUNTIMES.join(', ')}] or be a valid ARN`,
  );
}

/** Only a zip in the request: there is no S3 and no image registry here. */
function parseCode({ Code: code }: CreateFunctionRequest): CodeArchive {
  const zip = code?.ZipFile;
  if (zip === undefined) {
    throw invalidParameterValue('Please provide a source for function code: meshrig emulates Code.ZipFile only.');
  }
  if (zip.length > MAX_ZIP_BYTES) throw requestTooLarge(`Zipped size must be smaller than ${MAX_ZIP_BYTES} bytes`);
  return readCodeArchive(zip);
}

function parseRange(member: string, value: number, { min, max }: { min: number; max: number }): number {
  if (value > max) throw constraintFailed(member, String(value), `Member must have value less than or equal to ${max}`);
  if (value < min)
    throw constraintFailed(member, String(value), `Member must have value greater than or equal to ${min}`);
  return value;
}
