import type { OperationModel } from './service-model.ts';

/**
 * What the validation framework says when required members are absent (the form of aws.md 2.7); undefined when all are there.
 */
export function describeMissingMembers(operation: OperationModel, input: Record<string, unknown>): string | undefined {
  const missing = operation.required.filter((name) => input[name] === undefined);
  if (missing.length === 0) return undefined;
  const faults = missing.map(
    (name) => `Value null at '${lowerFirst(name)}' failed to satisfy constraint: Member must not be null`,
  );
  const errors = missing.length === 1 ? 'error' : 'errors';
  return `${missing.length} validation ${errors} detected: ${faults.join('; ')}`;
}

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
