import type { QueryParameter } from './query-parameters.ts';
import type { CarrierForm } from './types.ts';

/**
 * The query line of the canonical request: sorted by encoded name, then by encoded value. The query form leaves its own
 * signature out (aws.md 1.7).
 */
export function createCanonicalQuery(parameters: readonly QueryParameter[], form: CarrierForm): string {
  if (parameters.length === 0) return '';
  return parameters
    .filter(({ name }) => form === 'header' || name !== 'X-Amz-Signature')
    .toSorted(compareParameters)
    .map(({ name, value }) => `${name}=${value}`)
    .join('&');
}

/** Encoded text is ASCII, so comparing characters compares bytes. */
function compareParameters(left: QueryParameter, right: QueryParameter): number {
  return compareText(left.name, right.name) || compareText(left.value, right.value);
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
