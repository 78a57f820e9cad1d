import type { LambdaRules } from '../../dialects/types.ts';
import type { HeaderMap } from '../../http/header-map.ts';

/** What a function's JSON answer asks for, read by the rules of protobuf's JSON mapping. */
interface LambdaAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly cookies: readonly string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

interface AppliedAnswer {
  readonly body: Buffer;
  readonly isReadable: boolean;
}

/**
 * Rebuilds the response to the caller from a function's JSON answer, and gives its body (gateways.md 1.8).
 *
 * An answer that cannot be read, a plain JSON value among them, becomes a 500 with an empty body; AWS's headers stay.
 */
export function applyLambdaAnswer(headers: HeaderMap, payload: Buffer, rules: LambdaRules): AppliedAnswer {
  const answer = parseLambdaAnswer(payload.toString('utf8'));
  const body = answer === undefined ? Buffer.alloc(0) : decodeBody(answer);
  if (answer === undefined) headers.set(':status', '500');
  else applyHead(headers, answer, rules);
  headers.set('content-length', String(body.length));
  return { body, isReadable: answer !== undefined };
}

function applyHead(headers: HeaderMap, answer: LambdaAnswer, rules: LambdaRules): void {
  for (const [name, value] of answer.headers) if (!name.startsWith(':')) headers.set(name.toLowerCase(), value);
  for (const cookie of answer.cookies) headers.add('set-cookie', cookie);
  if (answer.status !== 0) headers.set(':status', String(answer.status));
  if (rules.contentType === 'always-json' || !headers.has('content-type'))
    headers.set('content-type', 'application/json');
}

function decodeBody({ body, isBase64Encoded }: LambdaAnswer): Buffer {
  if (!isBase64Encoded) return Buffer.from(body, 'utf8');
  const isValid = body.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(body);
  return isValid ? Buffer.from(body, 'base64') : Buffer.alloc(0);
}

function parseLambdaAnswer(text: string): LambdaAnswer | undefined {
  const fields = parseObject(text);
  if (fields === undefined) return undefined;
  const status = readStatus(pick(fields, 'status_code', 'statusCode'));
  const headers = readHeaders(fields['headers']);
  const cookies = readCookies(fields['cookies']);
  const body = fields['body'] ?? '';
  const isBase64Encoded = pick(fields, 'is_base64_encoded', 'isBase64Encoded') ?? false;
  if (status === undefined || headers === undefined || cookies === undefined) return undefined;
  if (typeof body !== 'string' || typeof isBase64Encoded !== 'boolean') return undefined;
  return { status, headers, cookies, body, isBase64Encoded };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Protobuf accepts a field under its own name and under its JSON name. */
function pick(fields: Record<string, unknown>, name: string, jsonName: string): unknown {
  return fields[name] ?? fields[jsonName];
}

/** A number, or a string that spells one; null and absence count as 0. */
function readStatus(value: unknown): number | undefined {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number' && !(typeof value === 'string' && /^\d+$/.test(value))) return undefined;
  const status = Number(value);
  return Number.isInteger(status) && status >= 0 && status <= 0xffff_ffff ? status : undefined;
}

function readHeaders(value: unknown): [string, string][] | undefined {
  if (value === undefined || value === null) return [];
  if (!isObject(value)) return undefined;
  const headers: [string, string][] = [];
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') return undefined;
    headers.push([name, text]);
  }
  return headers;
}

function readCookies(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) && value.every((cookie) => typeof cookie === 'string') ? value : undefined;
}
