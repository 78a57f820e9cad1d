import { request as sendHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Clock, Timer } from '#core/clock.ts';
import { messageOf, MeshrigError } from '#core/errors.ts';
import { redactRequestHead, type RawHeaders, type RequestHead, type ResponseHead } from '#core/http-message.ts';
import type { Network } from '#core/network.ts';
import { formatAddress, type Address } from '#core/address.ts';
import type { Timeline } from '#core/timeline.ts';
import type { CallOptions, Caller, CallResult, CallTls } from '../backend.ts';
import { rememberFailedCall } from '../failed-call.ts';
import { connectAny } from './connect-any.ts';
import { secureConnection } from './secure-connection.ts';

export interface HttpCallerOptions {
  readonly network: Pick<Network, 'connect' | 'resolve'>;
  readonly clock: Clock;
  readonly timeline: Timeline;
  /** The zone that calls come from. */
  readonly zone: string;
  /** The address that every call connects to; left out, each call names its own: `host:port/path`. */
  readonly target?: Address;
  /** The address that calls come from. */
  readonly address?: string;
  /** Who calls, for the timeline. */
  readonly source: string;
  /** Numbers calls across all callers of an environment. */
  readonly nextCallId: () => number;
  /** Told of every request before it is sent. */
  readonly onSend?: (request: RequestHead) => void;
}

/** What curl sends by itself; the documents that scenarios reproduce called with it. */
const CURL_HEADERS = ['User-Agent', 'curl/7.69.1', 'Accept', '*/*'];

/** A client that sends what `curl` would: one connection a call, headers in the order given, nothing added. */
export function createHttpCaller(options: HttpCallerOptions): Caller {
  const request = (method: string, path: string, call: CallOptions = {}) => sendCall(options, method, path, call);
  return {
    request,
    get: (path, call) => request('GET', path, call),
    post: (path, body, call) => request('POST', path, { ...call, body }),
  };
}

async function sendCall(
  options: HttpCallerOptions,
  method: string,
  url: string,
  call: CallOptions,
): Promise<CallResult> {
  const { timeline, source } = options;
  const callId = options.nextCallId();
  const { address, path, isSecure } =
    options.target === undefined ? parseUrl(url) : { address: options.target, path: url, isSecure: false };
  const tls = call.tls ?? (isSecure ? {} : undefined);
  const to = formatAddress(address);
  const head: RequestHead = { method, target: path, httpVersion: '1.1', headers: createHeaders(address, call, tls) };
  options.onSend?.(redactRequestHead(head));
  const sentAt = options.clock.now();
  try {
    const { response, body } = await exchange(options, { address, head, call, tls });
    const durationMs = options.clock.now() - sentAt;
    timeline.emit({ type: 'call', source, call: callId, request: redactRequestHead(head), to, response });
    return createResult(callId, head, { response, body, durationMs });
  } catch (error) {
    timeline.emit({
      type: 'call',
      source,
      call: callId,
      request: redactRequestHead(head),
      to,
      error: messageOf(error),
    });
    rememberFailedCall(error, { callId, method, path, message: messageOf(error) });
    throw error;
  }
}

function createHeaders(target: Address, call: CallOptions, tls: CallTls | undefined): RawHeaders {
  const given = call.headers ?? [];
  const extra = Array.isArray(given) ? (given as RawHeaders) : Object.entries(given).flat();
  const replaced = new Set(extra.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  const headers = ['Host', call.host ?? formatHost(target, tls === undefined ? 80 : 443)];
  for (let index = 0; index < CURL_HEADERS.length; index += 2) {
    const [name = '', value = ''] = CURL_HEADERS.slice(index, index + 2);
    if (!replaced.has(name.toLowerCase())) headers.push(name, value);
  }
  if (call.body !== undefined && !replaced.has('content-length')) {
    headers.push('Content-Length', String(Buffer.byteLength(call.body)));
  }
  return [...headers, ...extra];
}

const URL_FORM = /^(?:(?<scheme>https?):\/\/)?(?<host>[^/:?]+)(?::(?<port>\d+))?(?<path>[/?].*)?$/;

/** Not `URL`: the path must reach the wire as it was written. */
function parseUrl(url: string): { readonly address: Address; readonly path: string; readonly isSecure: boolean } {
  const { scheme, host, port, path = '/' } = URL_FORM.exec(url)?.groups ?? {};
  const isSecure = scheme === 'https';
  if (host !== undefined) return { address: { host, port: Number(port ?? (isSecure ? 443 : 80)) }, path, isSecure };
  throw new MeshrigError('INVALID_SCENARIO', `Failed to call "${url}": expected "http://host:port/path"`);
}

/** Clients leave the scheme's default port out of Host. */
function formatHost(target: Address, defaultPort: number): string {
  return target.port === defaultPort ? target.host : formatAddress(target);
}

interface Exchange {
  readonly response: ResponseHead;
  readonly body: Buffer;
}

interface Outgoing {
  readonly address: Address;
  readonly head: RequestHead;
  readonly call: CallOptions;
  readonly tls: CallTls | undefined;
}

/** Connects by itself: a request that waits for an agent's connection cannot be aborted. */
async function exchange(options: HttpCallerOptions, { address, head, call, tls }: Outgoing): Promise<Exchange> {
  const abort = new AbortController();
  const timer = startTimeout(options.clock, head, call.timeoutMs, abort);
  try {
    const connection = await connectAny(address, {
      network: options.network,
      clock: options.clock,
      zone: options.zone,
      signal: abort.signal,
      onSilence: (to, waitedMs) =>
        options.timeline.emit({
          type: 'connection',
          source: options.source,
          phase: 'failed',
          to: formatAddress(to),
          reason: `no answer within ${waitedMs / 1_000}s`,
        }),
      ...(options.address !== undefined && { source: options.address }),
    });
    const stream = tls === undefined ? connection : await secureConnection(connection, call.host ?? address.host, tls);
    const request = sendHttp({
      createConnection: () => stream,
      signal: abort.signal,
      method: head.method,
      path: head.target,
      setHost: false,
    });
    setHeaders(request, head.headers);
    return await receive(request, call.body).finally(() => connection.destroy());
  } finally {
    timer?.cancel();
  }
}

function startTimeout(
  clock: Clock,
  head: RequestHead,
  timeoutMs: number | undefined,
  abort: AbortController,
): Timer | undefined {
  if (timeoutMs === undefined) return undefined;
  return clock.setTimer(timeoutMs, () =>
    abort.abort(new MeshrigError('UNREACHABLE', describeTimeout(head, timeoutMs))),
  );
}

function describeTimeout(head: RequestHead, timeoutMs: number): string {
  return `Failed to get an answer to "${head.method} ${head.target}": none came within ${timeoutMs} ms`;
}

function setHeaders(request: ClientRequest, headers: RawHeaders): void {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    request.appendHeader(headers[index] ?? '', headers[index + 1] ?? '');
  }
  request.removeHeader('connection');
}

function receive(request: ClientRequest, body: string | Uint8Array | undefined): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response: IncomingMessage) => {
      const head = { status: response.statusCode ?? 0, headers: response.rawHeaders };
      buffer(response).then((received) => resolve({ response: head, body: received }), reject);
    });
    request.end(body);
  });
}

function createResult(
  callId: number,
  request: RequestHead,
  { response, body, durationMs }: Exchange & { readonly durationMs: number },
): CallResult {
  return {
    callId,
    method: request.method,
    path: request.target,
    status: response.status,
    headers: response.headers,
    body,
    durationMs,
    text: () => body.toString('utf8'),
    json: () => JSON.parse(body.toString('utf8')) as unknown,
  };
}
