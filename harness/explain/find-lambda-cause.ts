import type { LambdaCause } from './cause.ts';

const CODES: ReadonlyMap<string, LambdaCause> = new Map([
  ['TooManyRequestsException', 'function-throttled'],
  ['ResourceNotFoundException', 'function-not-found'],
]);

/** What an error code of Lambda's Invoke stands for where the signature was right (aws.md 2.7); undefined for any other. */
export function findLambdaCause(code: string | undefined): LambdaCause | undefined {
  return code === undefined ? undefined : CODES.get(code);
}
