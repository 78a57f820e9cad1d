import { constraintFailed, invalidParameterValue, resourceNotFound } from './lambda-errors.ts';

/** What a caller means by `{F}` and `Qualifier` (aws.md 2.2). */
export interface FunctionReference {
  readonly name: string;
  readonly qualifier: string | undefined;
  /** Set when the name was an ARN that says so. */
  readonly accountId: string | undefined;
}

export const LATEST = '$LATEST';

/** As AWS prints it in the refusal, so it must stay as it is. */
const FUNCTION_NAME_PATTERN = String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`;
const QUALIFIER_PATTERN = String.raw`\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+`;

const PLAIN_NAME = /^[a-zA-Z0-9-_]{1,64}$/;
const FULL_NAME =
  /^(?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?(?:(?<region>(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?(?:(?<accountId>\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9-_.]+)(?::(?<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$/;
const QUALIFIER = /^(?:\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_$]+)$/;
const MAX_REFERENCE_LENGTH = 256;
const MAX_QUALIFIER_LENGTH = 128;

/**
 * Reads a function name, partial ARN or full ARN, decoded, with the qualifier given beside it.
 *
 * @throws ServiceError with the texts of aws.md 2.2
 */
export function parseFunctionReference(
  value: string,
  beside: { readonly qualifier: string | undefined; readonly region: string },
): FunctionReference {
  if (beside.qualifier === undefined && PLAIN_NAME.test(value))
    return { name: value, qualifier: undefined, accountId: undefined };
  const { name, region, accountId, qualifier } = matchFullName(value);
  if (region !== undefined && region !== beside.region) {
    throw resourceNotFound(`Functions from '${region}' are not reachable in this region ('${beside.region}')`);
  }
  checkQualifier(beside.qualifier);
  if (qualifier !== undefined && beside.qualifier !== undefined && qualifier !== beside.qualifier) {
    throw invalidParameterValue('The derived qualifier from the function name does not match the specified qualifier.');
  }
  return { name, qualifier: beside.qualifier ?? qualifier, accountId };
}

function matchFullName(value: string): { name: string; region?: string; accountId?: string; qualifier?: string } {
  const groups = FULL_NAME.exec(value)?.groups;
  if (groups?.['name'] === undefined) {
    throw constraintFailed(
      'functionName',
      value,
      `Member must satisfy regular expression pattern: ${FUNCTION_NAME_PATTERN}`,
    );
  }
  if (value.length > MAX_REFERENCE_LENGTH) {
    throw constraintFailed(
      'functionName',
      value,
      `Member must have length less than or equal to ${MAX_REFERENCE_LENGTH}`,
    );
  }
  return { ...groups, name: groups['name'] };
}

function checkQualifier(qualifier: string | undefined): void {
  if (qualifier === undefined) return;
  if (!QUALIFIER.test(qualifier)) {
    throw constraintFailed(
      'qualifier',
      qualifier,
      `Member must satisfy regular expression pattern: ${QUALIFIER_PATTERN}`,
    );
  }
  if (qualifier.length > MAX_QUALIFIER_LENGTH) {
    throw constraintFailed(
      'qualifier',
      qualifier,
      `Member must have length less than or equal to ${MAX_QUALIFIER_LENGTH}`,
    );
  }
}
