import { create } from '@bufbuild/protobuf';
import { DurationSchema, type Duration } from '@bufbuild/protobuf/wkt';

const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Reads a duration of an Istio manifest, checked before: `1m30s`, `250ms`. */
export function parseDurationMs(text: string): number {
  let total = 0;
  for (const [, amount = '0', unit = 's'] of text.matchAll(/([0-9.]+)(ms|h|m|s)/g)) {
    total += Number(amount) * (UNITS_MS[unit] ?? 0);
  }
  return total;
}

export function createDuration(milliseconds: number): Duration {
  const seconds = Math.floor(milliseconds / 1_000);
  return create(DurationSchema, {
    seconds: BigInt(seconds),
    nanos: Math.round((milliseconds - seconds * 1_000) * 1_000_000),
  });
}
