import { stsValidationError } from './sts-errors.ts';

interface Constraint {
  /** As the API names it: `roleSessionName`. */
  readonly member: string;
  readonly value: string | number | undefined;
  readonly min: number;
  readonly max: number;
  readonly pattern?: RegExp;
  /** The value is not repeated. */
  readonly isSecret?: boolean;
}

/**
 * Checks lengths, ranges and patterns; every fault is named, in the order of the constraints (aws.md 2.7, 3.3). Absent members
 * pass: whether they are needed is the schema's business.
 *
 * @throws ServiceError `ValidationError`
 */
export function checkConstraints(constraints: readonly Constraint[]): void {
  const faults = constraints.flatMap((constraint) =>
    listFaults(constraint).map((fault) => {
      const value = constraint.isSecret === true ? 'Value' : `Value '${constraint.value}'`;
      return `${value} at '${constraint.member}' failed to satisfy constraint: Member must ${fault}`;
    }),
  );
  if (faults.length === 0) return;
  const errors = faults.length === 1 ? 'error' : 'errors';
  throw stsValidationError(`${faults.length} validation ${errors} detected: ${faults.join('; ')}`);
}

function listFaults({ value, min, max, pattern }: Constraint): string[] {
  if (value === undefined) return [];
  const isText = typeof value === 'string';
  const size = isText ? value.length : value;
  const noun = isText ? 'length' : 'value';
  const faults: string[] = [];
  if (!(size >= min)) faults.push(`have ${noun} greater than or equal to ${min}`);
  if (size > max) faults.push(`have ${noun} less than or equal to ${max}`);
  if (isText && pattern !== undefined && !pattern.test(value)) {
    faults.push(`satisfy regular expression pattern: ${pattern.source.replace(/^\^|\$$/g, '')}`);
  }
  return faults;
}
