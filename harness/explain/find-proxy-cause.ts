import type { ProxyCause } from './cause.ts';
import type { PastedAnswer } from './pasted/types.ts';

/** Envoy's own answers: gateways.md 4.3. */
const TEXTS: readonly (readonly [text: RegExp, cause: ProxyCause])[] = [
  [/^upstream request timeout$/, 'route-timeout'],
  [/^stream timeout$/, 'stream-idle-timeout'],
  [/^no healthy upstream$/, 'no-healthy-upstream'],
  [/^RBAC: access denied$/, 'access-denied'],
  [/^Payload Too Large$/, 'body-too-large'],
  [/reset reason: overflow/, 'circuit-breaker'],
  [/reset reason: (remote )?connection failure/, 'connection-failure'],
  [/reset reason: (connection termination|remote reset|protocol error)/, 'connection-lost'],
];

/** What an answer with the text of an Envoy stands for; undefined for any other. */
export function findProxyCause({ status, text, code }: PastedAnswer): ProxyCause | undefined {
  if (code !== undefined || text === undefined) return undefined;
  const trimmed = text.trim();
  if (status === 404 && trimmed === '') return 'no-route';
  return TEXTS.find(([pattern]) => pattern.test(trimmed))?.[1];
}
