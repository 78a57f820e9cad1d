import type { Instant } from '#core/clock.ts';
import { AuthError } from './auth-error.ts';
import { formatBasicTime, type RequestTime } from './request-time.ts';

export interface TimeWindow {
  readonly now: Instant;
  /** How far back a request may lie: the service's window, or the life of a presigned request. */
  readonly minutesBack: number;
  readonly minutesAhead: number;
}

const MINUTE_MS = 60_000;

/**
 * Refuses a request from too long ago, then one from too far ahead, in whole seconds as the texts show them (aws.md 1.10).
 *
 * @throws AuthError `signature-expired` or `signature-not-yet-current`
 */
export function checkTimeWindow(time: RequestTime, window: TimeWindow): void {
  const now = Math.floor(window.now / 1_000) * 1_000;
  const earliest = now - window.minutesBack * MINUTE_MS;
  const latest = now + window.minutesAhead * MINUTE_MS;
  if (time.at < earliest) {
    throw new AuthError(
      'signature-expired',
      `Signature expired: ${time.basic} is now earlier than ${formatBasicTime(earliest)} (${formatBasicTime(now)} - ${window.minutesBack} min.)`,
    );
  }
  if (time.at > latest) {
    throw new AuthError(
      'signature-not-yet-current',
      `Signature not yet current: ${time.basic} is still later than ${formatBasicTime(latest)} (${formatBasicTime(now)} + ${window.minutesAhead} min.)`,
    );
  }
}
