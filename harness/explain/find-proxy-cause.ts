import type { Cause } from './cause.ts';
import type { CauseFacts } from './cause-text.ts';
import type { PastedAnswer } from './pasted/types.ts';
import { readReset } from './read-reset.ts';

/** Envoy's own answers: gateways.md 4.3. */
const TEXTS: readonly (readonly [text: RegExp, cause: Cause])[] = [
  [/^upstream request timeout$/, 'route-timeout'],
  [/^stream timeout$/, 'stream-idle-timeout'],
  [/^no healthy upstream$/, 'no-healthy-upstream'],
  [/^RBAC: access denied$/, 'access-denied'],
  [/^Payload Too Large$/, 'body-too-large'],
  [/^fault filter abort$/, 'fault-injected'],
  [/^local_rate_limited$/, 'rate-limited'],
  [/reset reason: overflow/, 'circuit-breaker'],
  [/reset reason: protocol error/, 'protocol-error'],
];

const RESET_REASON = /reset reason: ([^,]*)(?:, transport failure reason: (.*))?$/;

/** What an answer with the text of an Envoy stands for, and what it says of why; undefined for any other. */
export function findProxyCause({
  status,
  text,
  code,
}: PastedAnswer): { readonly cause: Cause; readonly facts: CauseFacts } | undefined {
  if (code !== undefined || text === undefined) return undefined;
  const trimmed = text.trim();
  if (status === 404 && trimmed === '') return { cause: 'no-route', facts: {} };
  const known = TEXTS.find(([pattern]) => pattern.test(trimmed))?.[1];
  if (known !== undefined) return { cause: known, facts: {} };
  const [, reason, transportFailure] = RESET_REASON.exec(trimmed) ?? [];
  if (reason === undefined) return undefined;
  return readReset(reason, transportFailure);
}
