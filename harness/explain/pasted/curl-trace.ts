import { getHeader } from '#core/http-message.ts';
import { parseRawRequest } from '../parse-raw-request.ts';
import { createAnswer } from './answer-head.ts';
import type { PastedAnswer, PastedRequest } from './types.ts';

const REQUEST_LINE = /^> [A-Z]+ \S.* HTTP\/[\d.]+\s*$/m;

/** Whether a text has a request line as `curl -v` prints it. */
export function isCurlTrace(text: string): boolean {
  return REQUEST_LINE.test(text);
}

/**
 * Reads the last request of a `curl -v` trace and its answer. curl shows no body that it sends: the hash that the request declares
 * stands for it.
 *
 * @throws MeshrigError INVALID_REQUEST
 */
export function readCurlTrace(text: string, file: string): PastedRequest {
  const lines = text.split(/\r?\n/);
  const start = lines.findLastIndex((line) => REQUEST_LINE.test(line));
  const after = lines.slice(start);
  const end = after.findIndex((line) => !line.startsWith('> ') && line !== '>');
  const head = after.slice(0, end === -1 ? undefined : end).map((line) => line.slice(2));
  // Empty lines in front keep the line numbers of messages.
  const padded = `${'\n'.repeat(start)}${head.join('\n').trimEnd()}\n\n`;
  const parsed = parseRawRequest(Buffer.from(padded, 'latin1'), file);
  const declared = getHeader(parsed.request.headers, 'x-amz-content-sha256');
  const answer = readAnswer(after.slice(head.length));
  const { repairs: _, ...rest } = parsed;
  const count = lines.filter((line) => REQUEST_LINE.test(line)).length;
  return {
    ...rest,
    form: 'curl trace',
    repairs: count === 1 ? [] : [`request ${count} of the ${count} in the trace was taken`],
    ...(declared !== undefined && /^[0-9a-f]{64}$/.test(declared) ? { payloadHash: declared } : {}),
    ...(answer === undefined ? {} : { answer }),
    ...(answer?.at === undefined ? {} : { at: answer.at }),
  };
}

function readAnswer(lines: readonly string[]): PastedAnswer | undefined {
  const start = lines.findLastIndex((line) => /^< HTTP\/[\d.]+ \d{3}/.test(line));
  if (start === -1) return undefined;
  const after = lines.slice(start);
  const head = after.filter((line) => line.startsWith('< ')).map((line) => line.slice(2));
  const body = after
    .filter((line) => !/^[<>*](?: |$)|^[{}] \[/.test(line))
    // curl goes on in the line of a body that does not end in a line feed.
    .map((line) => line.replace(/\* (?:Closing connection|Connection #\d).*$/, ''))
    .join('\n');
  return createAnswer(head, body);
}
