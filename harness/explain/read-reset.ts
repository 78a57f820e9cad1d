import type { CauseFacts } from './cause-text.ts';
import type { Cause } from './cause.ts';
import { classifyFlags, RESET } from './classify-flags.ts';
import { readTransportFailure } from './connections/certificate-refusal.ts';

/**
 * What an Envoy's `reset reason: connection failure, transport failure reason: ...` stands for; undefined for a reason that names nothing.
 *
 * @param transportFailure the text behind the second label; undefined where that label is missing
 */
export function readReset(
  reason: string,
  transportFailure: string | undefined,
): { readonly cause: Cause; readonly facts: CauseFacts } | undefined {
  const cause = classifyFlags({
    flags: /connection (?:failure|timeout)/.test(reason) ? 'UF' : 'UC',
    details: `${RESET}{${reason}}`,
    ...(transportFailure !== undefined && { transportFailure }),
  });
  const isTold = transportFailure !== undefined && transportFailure.trim() !== '';
  return cause && { cause, facts: isTold ? readTransportFailure(transportFailure) : { message: reason } };
}
