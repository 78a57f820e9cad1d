import { redactHeaders } from '#core/http-message.ts';
import type { HeaderMap } from './header-map.ts';

/** Headers as Envoy's debug lines show them, one quoted pair a line; session tokens are hidden. */
export function formatHeaders(headers: HeaderMap): string {
  const pairs = redactHeaders([...headers.entries()].flat());
  let text = '';
  for (let index = 0; index < pairs.length; index += 2) text += `'${pairs[index]}', '${pairs[index + 1]}'\n`;
  return text;
}
