import { forEachHeader } from '#core/http-message.ts';
import type { AwsCall } from '../aws-call.ts';
import { decodeLabel, parseQuery } from '../schema/query-string.ts';
import { constraintFailed, invalidRequestContent, requestTooLarge } from './lambda-errors.ts';

/** What the request of Invoke says (aws.md 2.3). */
export interface InvokeRequest {
  /** The `{FunctionName}` label, decoded: a name or an ARN. */
  readonly functionName: string;
  readonly qualifier: string | undefined;
  readonly invocationType: InvocationType;
  readonly isLogWanted: boolean;
  readonly clientContext: unknown;
  readonly traceId: string | undefined;
}

export type InvocationType = 'RequestResponse' | 'Event' | 'DryRun';

/** The path of Invoke in a raw target: where the label starts and ends. */
export interface InvokePath {
  readonly label: string;
  readonly query: string;
}

const PATH_START = '/2015-03-31/functions/';
const PATH_END = '/invocations';
const MAX_PAYLOAD_BYTES = 6_291_456;
/** Recorded; documentation since late 2025 says 1 MB (aws.md 2.3). */
const MAX_EVENT_BYTES = 262_144;
const MAX_CLIENT_CONTEXT_LENGTH = 3583;

/**
 * Recognises Invoke by its raw path. By hand, because the SDK's schemas take a fifth of a second to load and a
 * scenario that only invokes never needs them; a test holds this against the schema.
 */
export function findInvokePath(method: string, target: string): InvokePath | undefined {
  if (method !== 'POST' || !target.startsWith(PATH_START)) return undefined;
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  if (!path.endsWith(PATH_END)) return undefined;
  const label = path.slice(PATH_START.length, -PATH_END.length);
  if (label === '' || label.includes('/')) return undefined;
  return { label, query: mark === -1 ? '' : target.slice(mark + 1) };
}

/** @throws ServiceError for an unknown invocation type or a client context that is not base64 JSON */
export function parseInvokeRequest({ label, query }: InvokePath, call: AwsCall): InvokeRequest {
  let invocationType: InvocationType = 'RequestResponse';
  let isLogWanted = false;
  let clientContext: unknown;
  let traceId: string | undefined;
  forEachHeader(call.request.headers, (name, value) => {
    if (name === 'x-amz-invocation-type') invocationType = parseInvocationType(value);
    else if (name === 'x-amz-log-type') isLogWanted = value === 'Tail';
    else if (name === 'x-amz-client-context') clientContext = parseClientContext(value);
    else if (name === 'x-amzn-trace-id') traceId = value;
  });
  const qualifier = query === '' ? undefined : parseQuery(query).get('Qualifier');
  return { functionName: decodeLabel(label), qualifier, invocationType, isLogWanted, clientContext, traceId };
}

/** The event as text and parsed. An empty body is an empty object. */
export function parsePayload(body: Uint8Array, invocationType: InvocationType): { text: string; event: unknown } {
  checkSize(body.length, invocationType);
  if (body.length === 0) return { text: '{}', event: {} };
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  try {
    return { text, event: JSON.parse(text) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidRequestContent(`Could not parse request body into json: Could not parse payload into json: ${reason}`);
  }
}

/** aws.md 2.3: the texts differ by invocation type. */
function checkSize(length: number, invocationType: InvocationType): void {
  if (length > MAX_PAYLOAD_BYTES) {
    throw requestTooLarge(`Request must be smaller than ${MAX_PAYLOAD_BYTES} bytes for the InvokeFunction operation`);
  }
  if (invocationType === 'Event' && length > MAX_EVENT_BYTES) {
    throw requestTooLarge(
      `${length} byte payload is too large for the Event invocation type (limit ${MAX_EVENT_BYTES} bytes)`,
    );
  }
}

function parseInvocationType(value: string): InvocationType {
  if (value === 'RequestResponse' || value === 'Event' || value === 'DryRun') return value;
  throw constraintFailed(
    'invocationType',
    value,
    'Member must satisfy enum value set: [Event, RequestResponse, DryRun]',
  );
}

/** The refusal's text is assumed; no recording was found. */
function parseClientContext(value: string): unknown {
  const isShort = value.length <= MAX_CLIENT_CONTEXT_LENGTH;
  try {
    if (isShort) return JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
  } catch {
    // Refused below, like one that is too long.
  }
  throw invalidRequestContent('Client context must be a valid Base64-encoded JSON object.');
}
