import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  connect,
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Network } from '#core/network.ts';
import type { Address } from '#core/address.ts';
import { APP } from './http-app.ts';
import { POD_IP } from './proxy-world.ts';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case; every value of a name. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
  readonly trailers: Readonly<Record<string, unknown>>;
}

interface ScriptedAnswer {
  readonly status?: number;
  readonly body?: string;
}

export interface RecordingApp extends AsyncDisposable {
  readonly requests: RecordedRequest[];
}

/** An application that notes what it is asked, and gives the answers one after the other; the last one repeats. */
export async function startRecordingApp(
  network: Network,
  answers: readonly ScriptedAnswer[] = [{}],
  { protocol = 'http1', address = APP }: { protocol?: 'http1' | 'http2'; address?: Address } = {},
): Promise<RecordingApp> {
  const requests: RecordedRequest[] = [];
  const serve = async (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ) => {
    const { status = 200, body = '' } = answers[Math.min(requests.length, answers.length - 1)] ?? {};
    requests.push(await record(request));
    response.statusCode = status;
    response.end(body);
  };
  const onRequest = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) =>
    void serve(request, response);
  const server = protocol === 'http1' ? createHttp1Server(onRequest) : createHttp2Server(onRequest);
  const listener = await network.listen('east', address, (connection) => void server.emit('connection', connection));
  return { requests, [Symbol.asyncDispose]: () => listener.close() };
}

async function record(request: IncomingMessage | Http2ServerRequest): Promise<RecordedRequest> {
  const body = await text(request);
  const headers = new Map<string, string[]>();
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = (request.rawHeaders[index] ?? '').toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), request.rawHeaders[index + 1] ?? '']);
  }
  return { method: request.method ?? '', path: request.url ?? '', headers, body, trailers: { ...request.trailers } };
}

interface Http2Call {
  readonly body?: string;
  readonly trailers?: Readonly<Record<string, string>>;
}

/** A POST over HTTP/2 to a listener of the pod, on a connection of its own. */
export async function postHttp2(
  network: Network,
  port: number,
  { body = '', trailers }: Http2Call,
): Promise<{ readonly status: number; readonly body: string }> {
  const connection = await network.connect('east', { host: POD_IP, port });
  const session = connect('http://app.example', { createConnection: () => connection });
  const head = { ':method': 'POST', ':path': '/a', ':authority': 'app.example' };
  const request = session.request(head, { waitForTrailers: trailers !== undefined });
  if (trailers !== undefined) request.once('wantTrailers', () => request.sendTrailers(trailers));
  request.end(body);
  // Read from the start: an answer without a body may be over before it is looked at.
  const answered = text(request);
  const [headers] = (await once(request, 'response')) as [Readonly<Record<string, unknown>>];
  const answer = { status: Number(headers[':status']), body: await answered };
  session.close();
  return answer;
}
