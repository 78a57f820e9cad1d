import type { Instant } from '#core/clock.ts';

/** The condition keys that every request has. */
export function createTimeContext(now: Instant): [key: string, value: string][] {
  return [
    ['aws:currenttime', new Date(now).toISOString()],
    ['aws:epochtime', String(Math.floor(now / 1000))],
    ['aws:securetransport', 'true'],
  ];
}
