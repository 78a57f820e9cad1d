import type { Instant } from '#core/clock.ts';

const ROOT = /Root=(?<root>1-[0-9a-f]{8}-[0-9a-f]{24})/;

/**
 * The `X-Amzn-Trace-Id` of an answer in the form of aws.md 2.3. A received root is kept; else one is made from the
 * request id, so that a trace costs no chance of its own.
 */
export function createTraceId(requestId: string, now: Instant, received: string | undefined): string {
  const hex = requestId.replaceAll('-', '');
  const root = received === undefined ? undefined : ROOT.exec(received)?.groups?.['root'];
  return `Root=${root ?? createRoot(hex, now)};Parent=${hex.slice(16)};Sampled=0;Lineage=1:${hex.slice(0, 8)}:0`;
}

function createRoot(hex: string, now: Instant): string {
  return `1-${Math.floor(now / 1000).toString(16)}-${hex.slice(0, 24)}`;
}
