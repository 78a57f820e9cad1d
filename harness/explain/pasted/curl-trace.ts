import { getHeader } from '#core/http-message.ts';
import { parseRawRequest } from '../parse-raw-request.ts';
import { readErrorBody, trimCode } from './error-body.ts';
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
  return {
    ...rest,
    form: 'curl trace',
    repairs: [],
    ...(declared !== undefined && /^[0-9a-f]{64}$/.test(declared) ? { payloadHash: declared } : {}),
    ...(answer === undefined ? {} : { answer }),
  };
}

function readLength(lines: readonly string[]): number | undefined {
  const [, length] =
    lines.map((line) => /^< content-length:\s*(\d+)/i.exec(line)).find((found) => found !== null) ?? [];
  return length === undefined ? undefined : Number(length);
}

function readAnswer(lines: readonly string[]): PastedAnswer | undefined {
  const start = lines.findLastIndex((line) => /^< HTTP\/[\d.]+ \d{3}/.test(line));
  const status = /^< HTTP\/[\d.]+ (\d{3})/.exec(lines[start] ?? '')?.[1];
  if (status === undefined) return undefined;
  const after = lines.slice(start);
  const errorType = after.map((line) => /^< x-amzn-errortype:\s*(\S+)/i.exec(line)?.[1]).find(Boolean);
  const body = after
    .filter((line) => !/^[<>{}*] ?/.test(line) || line.startsWith('{"'))
    // curl goes on in the line of a body that does not end in a line feed.
    .map((line) => line.replace(/\* (?:Closing connection|Connection #\d).*$/, ''))
    .join('\n')
    .slice(0, readLength(after));
  const error = readErrorBody(body) ?? { text: body.trim() };
  return { status: Number(status), ...error, ...(errorType === undefined ? {} : { code: trimCode(errorType) }) };
}
