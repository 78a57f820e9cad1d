import type { Instant } from '#core/clock.ts';

/** `2026-01-01T00:00:00Z`, as the documents of credentials write times. */
export function formatTime(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}
