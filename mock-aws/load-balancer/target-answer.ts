import { getHeader, type RawHeaders } from '#core/http-message.ts';
import type { Outcome } from '../lambda/invocation.ts';
import { reject, type Rejection } from './rejection.ts';

/** What a function's result becomes on the wire. */
export interface TargetAnswer {
  readonly status: number;
  readonly reasonPhrase: string | undefined;
  /** Without Content-Length, which is computed. */
  readonly headers: RawHeaders;
  readonly body: Buffer;
}

/** A result over 1 MB is refused, and so are more than 32 K of headers (aws.md 7). */
const MAX_RESULT_BYTES = 1_048_576;
const MAX_HEADER_BYTES = 32_768;

const HOP_BY_HOP = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What HTTP allows in a value and in a reason phrase. */
const FIELD_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Turns the outcome of a run into an answer. Unlike API Gateway a load balancer infers nothing: the result is an object
 * with a numeric `statusCode` and texts for headers, or the caller gets a 502 (aws.md 7).
 */
export function createTargetAnswer(outcome: Outcome, hasMultiValueHeaders: boolean): TargetAnswer | Rejection {
  if (outcome.kind !== 'returned') return reject('LambdaUnhandled');
  if (Buffer.byteLength(outcome.payload) > MAX_RESULT_BYTES) return reject('LambdaResponseTooLarge');
  const result = parseObject(String(outcome.payload));
  if (result === undefined) return reject('LambdaInvalidResponse');
  const { statusCode, statusDescription, body, isBase64Encoded } = result;
  const headers = hasMultiValueHeaders ? readLists(result['multiValueHeaders']) : readValues(result['headers']);
  if (headers === undefined || !isStatus(statusCode)) return reject('LambdaInvalidResponse');
  if (!isText(statusDescription) || !isText(body) || !isFlag(isBase64Encoded)) return reject('LambdaInvalidResponse');
  return {
    status: statusCode,
    reasonPhrase: statusDescription?.replace(/^\d{3} ?/, ''),
    headers: withContentType(headers),
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 200 && value <= 599;
}

function isText(value: unknown): value is string | undefined | null {
  return value === undefined || value === null || typeof value === 'string';
}

function isFlag(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'boolean';
}

function readValues(value: unknown): RawHeaders | undefined {
  return readHeaders(value, (header) => (typeof header === 'string' ? [header] : undefined));
}

function readLists(value: unknown): RawHeaders | undefined {
  return readHeaders(value, (header) =>
    Array.isArray(header) && header.every((item) => typeof item === 'string') ? header : undefined,
  );
}

/** @returns undefined when a name or a value cannot be sent, or all of them are too long */
function readHeaders(
  value: unknown,
  readValue: (header: unknown) => readonly string[] | undefined,
): RawHeaders | undefined {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object') return undefined;
  const headers: string[] = [];
  for (const [name, header] of Object.entries(value)) {
    const texts = readValue(header);
    if (texts === undefined || !TOKEN.test(name) || !texts.every((text) => FIELD_TEXT.test(text))) return undefined;
    if (!HOP_BY_HOP.has(name.toLowerCase())) headers.push(...texts.flatMap((text) => [name, text]));
  }
  return headers.join('').length > MAX_HEADER_BYTES ? undefined : headers;
}

/** Seen as a download in browsers when a function names no type. */
function withContentType(headers: RawHeaders): RawHeaders {
  return getHeader(headers, 'content-type') === undefined
    ? [...headers, 'Content-Type', 'application/octet-stream']
    : headers;
}
