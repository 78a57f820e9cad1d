import type { CauseFacts } from './cause-text.ts';

export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Who gave the answer: a proxy, nearly always. */
export function nameProxy({ answeredBy }: CauseFacts): string {
  return answeredBy ?? 'the proxy';
}

/** `: <what was told>`, or nothing. */
export function reasonOf({ message }: CauseFacts): string {
  return message === undefined ? '' : `: ${message}`;
}
