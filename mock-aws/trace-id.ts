import type { Instant } from '#core/clock.ts';

const ROOT = /Root=(?<root>1-[0-9a-f]{8}-[0-9a-f]{24})/;

/**
 * The `X-Amzn-Trace-Id` of an answer in the form of aws.md 2.3. A received root is kept; else one is made from the
 * request id, so that a trace costs no chance of its own.
 */
export function createTraceId(requestId: string, now: Instant, received: string | undefined): string {
  const first = requestId.slice(0, 8);
  const last = requestId.slice(24);
  const root = received === undefined ? undefined : ROOT.exec(received)?.groups?.['root'];
  return `Root=${root ?? `1-${hexSecond(now)}-${last}${first}${requestId.slice(9, 13)}`};Parent=${first}${last.slice(0, 8)};Sampled=0;Lineage=1:${first}:0`;
}

let lastSecond = Number.NaN;
let lastHex = '';

function hexSecond(now: Instant): string {
  const second = Math.floor(now / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastHex = second.toString(16).padStart(8, '0');
  }
  return lastHex;
}
