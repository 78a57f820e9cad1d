import type { Instant } from '#core/clock.ts';

let formatted = '';
let formattedSecond = Number.NaN;

/** `Thu, 01 Jan 2026 00:00:00 GMT`. SDKs correct their clock by this header, so it must tell the mock's time. */
export function formatHttpDate(now: Instant): string {
  const second = Math.floor(now / 1000);
  if (second !== formattedSecond) {
    formattedSecond = second;
    formatted = new Date(second * 1000).toUTCString();
  }
  return formatted;
}
