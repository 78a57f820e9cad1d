import { redactHeaders } from '#core/http-message.ts';
import type { HeaderMap } from './header-map.ts';

/** Headers as Envoy's debug lines show them, one quoted pair a line; session tokens are hidden. */
export function formatHeaders(headers: HeaderMap): string {
  const pairs = redactHeaders([...headers.entries()].flat());
  let text = '';
  for (let index = 0; index < pairs.length; index += 2) {
    const value = pairs[index + 1] ?? '';
    text += `'${pairs[index]}', '${pairs[index] === ':path' ? formatTarget(value) : value}'\n`;
  }
  return text;
}

/** A request target for a log line: a signed query can hold a session token. */
export function formatTarget(target: string): string {
  return target.replace(/([?&]X-Amz-Security-Token=)[^&]*/i, '$1(hidden)');
}
