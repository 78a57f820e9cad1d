import type { Instant } from '#core/clock.ts';

/** IAM's times have whole seconds. */
export function toDate(instant: Instant): Date {
  return new Date(Math.floor(instant / 1000) * 1000);
}
