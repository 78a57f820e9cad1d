import { isUtf8 } from 'node:buffer';
import type { ReceivedRequest } from '../sigv4/types.ts';

/** The peer of a connection and the listener it came by. */
export interface ClientConnection {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'http' | 'https';
}

export interface TargetEventOptions {
  readonly targetGroupArn: string;
  readonly hasMultiValueHeaders: boolean;
  readonly client: ClientConnection;
  /** `Root=1-...`, for a request that brings no trace of its own. */
  readonly traceRoot: string;
}

type ValueLists = Map<string, string[]>;

/** Bodies of these types are passed as text (aws.md 7). */
const TEXT_TYPES = /^(?:text\/|application\/(?:json|javascript|xml)(?:$|[\s;]))/i;

/**
 * The event that a load balancer calls a function with (aws.md 7): header names in lower case, query strings as they
 * came, and the connection written into the forwarded headers.
 *
 * @returns undefined for a request that is not UTF-8 and so is no JSON text
 */
export function createTargetEvent(request: ReceivedRequest, options: TargetEventOptions): object | undefined {
  const headers = collectHeaders(request, options);
  const body = Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength);
  const isText = isTextBody(headers);
  if (headers === undefined || (isText && !isUtf8(body))) return undefined;
  const { path, query } = splitTarget(request.target);
  return {
    requestContext: { elb: { targetGroupArn: options.targetGroupArn } },
    httpMethod: request.method,
    path,
    ...(options.hasMultiValueHeaders
      ? { multiValueQueryStringParameters: toLists(query), multiValueHeaders: toLists(headers) }
      : { queryStringParameters: toLastValues(query), headers: toLastValues(headers) }),
    body: body.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText && body.length > 0,
  };
}

function isTextBody(headers: ValueLists | undefined): boolean {
  if (headers?.has('content-encoding') === true) return false;
  return TEXT_TYPES.test(headers?.get('content-type')?.at(-1) ?? '');
}

function collectHeaders({ headers }: ReceivedRequest, options: TargetEventOptions): ValueLists | undefined {
  const collected: ValueLists = new Map();
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const value = Buffer.from(headers[index + 1] ?? '', 'latin1');
    if (!isUtf8(value)) return undefined;
    add(collected, (headers[index] ?? '').toLowerCase(), value.toString('utf8'));
  }
  writeConnection(collected, options);
  return collected;
}

/** Host as sent with preservation off: no port on 80 and 443, the listener's on every other (aws.md 1.8). */
function writeConnection(headers: ValueLists, { client, traceRoot }: TargetEventOptions): void {
  const host = headers.get('host')?.at(-1);
  if (host !== undefined) headers.set('host', [writePort(host, client.port)]);
  const trace = headers.get('x-amzn-trace-id')?.at(-1);
  headers.set('x-amzn-trace-id', [extendTrace(trace, traceRoot)]);
  headers.set('x-forwarded-for', [[...(headers.get('x-forwarded-for') ?? []), client.address].join(', ')]);
  headers.set('x-forwarded-port', [String(client.port)]);
  headers.set('x-forwarded-proto', [client.protocol]);
}

const TRAILING_PORT = /:\d+$/;

function writePort(host: string, port: number): string {
  if (port === 80 || port === 443) return host.replace(TRAILING_PORT, '');
  return TRAILING_PORT.test(host) ? host : `${host}:${port}`;
}

/** A received root stays and the balancer puts itself in front. */
function extendTrace(received: string | undefined, root: string): string {
  return received?.includes('Root=') === true ? `${root.replace('Root=', 'Self=')};${received}` : root;
}

function splitTarget(target: string): { readonly path: string; readonly query: ValueLists } {
  const mark = target.indexOf('?');
  const query: ValueLists = new Map();
  if (mark === -1) return { path: target, query };
  for (const pair of target.slice(mark + 1).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const [name, value] = equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    add(query, name, value);
  }
  return { path: target.slice(0, mark), query };
}

function add(lists: ValueLists, name: string, value: string): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [value]);
  else list.push(value);
}

function toLists(lists: ValueLists): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(lists);
}

function toLastValues(lists: ValueLists): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from(lists, ([name, values]) => [name, values.at(-1) ?? '']));
}
