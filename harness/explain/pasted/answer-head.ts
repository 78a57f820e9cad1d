import { readErrorBody, trimCode } from './error-body.ts';
import type { PastedAnswer } from './types.ts';

const STATUS_LINE = /^HTTP\/[\d.]+ (\d{3})\b/;

/** Reads the last answer as `curl -i` prints it, head and body; undefined for a text that does not begin with a status line. */
export function readAnswerHead(text: string): PastedAnswer | undefined {
  const lines = text.replace(/^\s+/, '').split(/\r?\n/);
  if (!STATUS_LINE.test(lines[0] ?? '')) return undefined;
  // Answers in front of the last are those of redirects and of 100 Continue.
  const start = lines.findLastIndex((line) => STATUS_LINE.test(line));
  const after = lines.slice(start);
  const end = after.indexOf('');
  return createAnswer(after.slice(0, end === -1 ? undefined : end), end === -1 ? '' : after.slice(end + 1).join('\n'));
}

/** An answer of its status line, its header lines and its body. */
export function createAnswer(head: readonly string[], body: string): PastedAnswer {
  const find = (name: string) =>
    head.map((line) => new RegExp(`^${name}:\\s*(\\S+)`, 'i').exec(line)?.[1]).find((value) => value !== undefined);
  const whole = fitBody(body, find('content-length'));
  const errorType = find('x-amzn-errortype');
  const isFunctionError = find('x-amz-function-error') !== undefined;
  const status = Number(STATUS_LINE.exec(head[0] ?? '')?.[1]);
  const at = readDate(head);
  const error = readErrorBody(whole) ?? { text: whole.trim(), ...(isFunctionError && { isFunctionError }) };
  return {
    status,
    ...(at !== undefined && { at }),
    ...error,
    ...(errorType === undefined ? {} : { code: trimCode(errorType) }),
  };
}

function readDate(head: readonly string[]): number | undefined {
  const text = head.map((line) => /^date:\s*(.+)$/i.exec(line)?.[1]).find((value) => value !== undefined);
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** Leaves out what a terminal shows behind a body; a length that ends in the middle of a line is not that of this body. */
function fitBody(body: string, length: string | undefined): string {
  const rest = body.slice(Number(length ?? body.length));
  return rest === '' || /^[\r\n*]/.test(rest) ? body.slice(0, body.length - rest.length) : body;
}
