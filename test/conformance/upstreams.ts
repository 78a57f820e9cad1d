import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createSecureServer,
  createServer as createHttp2Server,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createPortServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import type { TestCertificates } from './certificates.ts';
import type { UpstreamAnswer, UpstreamName } from './types.ts';

/** What an upstream received of one attempt. */
export interface ReceivedAttempt {
  readonly upstream: UpstreamName;
  /** `GET /path HTTP/1.1` */
  readonly requestLine: string;
  /** Flat names and values, as on the wire. */
  readonly headers: readonly string[];
  trailers: readonly string[];
  body: string;
  /** SNI, ALPN and the client certificate's subject, over TLS. */
  readonly tls: string | undefined;
}

/** The upstream servers of one side. They note what they receive, and answer as the current case says. */
export interface Upstreams extends AsyncDisposable {
  readonly ports: Readonly<Record<UpstreamName, number>>;
  /** Forgets what was received, and answers these from now on. */
  begin(answers: readonly UpstreamAnswer[]): void;
  received(): readonly ReceivedAttempt[];
}

const DEFAULT_ANSWER: UpstreamAnswer = { status: 200, headers: ['content-type', 'text/plain'], body: 'hello' };

export async function startUpstreams(certificates: TestCertificates): Promise<Upstreams> {
  let answers: readonly UpstreamAnswer[] = [];
  let attempts: ReceivedAttempt[] = [];
  const sockets = new Set<Socket>();
  const note = (attempt: ReceivedAttempt): UpstreamAnswer => {
    attempts.push(attempt);
    return answers[Math.min(attempts.length, answers.length) - 1] ?? DEFAULT_ANSWER;
  };
  const serveHttp1 = (upstream: UpstreamName) => (request: IncomingMessage, response: ServerResponse) => {
    // An HTTP/2 server with a fallback also says so for HTTP/2 requests, which come as streams too.
    if (request.httpVersionMajor === 1) void answerHttp1({ upstream, request, response, note });
  };
  const watchStreams = (upstream: UpstreamName, server: Http2Server) =>
    server.on(
      'stream',
      (stream: ServerHttp2Stream, _headers: unknown, _flags: unknown, raw: string[]) =>
        void answerHttp2({ upstream, stream, raw, note }),
    );

  const { certificate: cert, privateKey: key } = certificates.server;
  const plain = createHttpServer({ keepAliveTimeout: 0, requireHostHeader: false }, serveHttp1('plain'));
  const h2c = createHttp2Server();
  watchStreams('h2c', h2c);
  const tls = createSecureServer({ cert, key, allowHTTP1: true }, serveHttp1('tls') as never);
  watchStreams('tls', tls as never);
  const mutual = createSecureServer(
    { cert, key, allowHTTP1: true, ca: certificates.root, requestCert: true, rejectUnauthorized: true },
    serveHttp1('mutual-tls') as never,
  );
  watchStreams('mutual-tls', mutual as never);
  const servers: Record<Exclude<UpstreamName, 'refused'>, Server> = { plain, h2c, tls, 'mutual-tls': mutual };
  for (const server of Object.values(servers)) {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    });
    server.on('tlsClientError', () => {});
    server.on('sessionError', () => {});
  }
  const ports = {
    plain: await listen(plain),
    h2c: await listen(h2c),
    tls: await listen(tls),
    'mutual-tls': await listen(mutual),
    refused: await findFreePort(),
  };
  return {
    ports,
    begin(next) {
      answers = next;
      attempts = [];
    },
    received: () => attempts,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(Object.values(servers).map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Below the ports that the system gives to outgoing connections, so that a free one stays free. */
let nextPort = 20_000 + (process.pid % 5_000);

/** A port that nothing listens on, never told twice. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = nextPort++;
    const server = createPortServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return port;
    } catch {
      // Taken: the next one may not be.
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

interface Http1Exchange {
  readonly upstream: UpstreamName;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly note: (attempt: ReceivedAttempt) => UpstreamAnswer;
}

async function answerHttp1({ upstream, request, response, note }: Http1Exchange): Promise<void> {
  const attempt: ReceivedAttempt = {
    upstream,
    requestLine: `${request.method} ${request.url} HTTP/${request.httpVersion}`,
    headers: request.rawHeaders,
    trailers: request.rawTrailers,
    body: '',
    tls: describeTls(request.socket),
  };
  const answer = note(attempt);
  const { socket } = request;
  try {
    attempt.body = (await buffer(request)).toString();
    attempt.trailers = request.rawTrailers;
    if ('raw' in answer) {
      if (answer.raw === '') socket.destroy();
      else if (answer.reset === true) socket.write(answer.raw, () => socket.resetAndDestroy());
      else socket.end(answer.raw);
      return;
    }
    if ('reset' in answer) {
      socket.resetAndDestroy();
      return;
    }
    await sleep(answer.delayMs ?? 0);
    const body = answer.body ?? '';
    const headers = [...(answer.headers ?? [])];
    if (!hasName(headers, 'content-length') && !hasName(headers, 'transfer-encoding') && answer.status !== 204)
      headers.push('content-length', String(Buffer.byteLength(body)));
    response.sendDate = false;
    response.writeHead(answer.status ?? 200, headers);
    response.flushHeaders();
    if (answer.bodyDelayMs !== undefined) await sleep(answer.bodyDelayMs);
    response.end(body);
  } catch {
    // The proxy gave the attempt up; that it did is noted by what it answers.
  }
}

interface Http2Exchange {
  readonly upstream: UpstreamName;
  readonly stream: ServerHttp2Stream;
  readonly raw: readonly string[];
  readonly note: (attempt: ReceivedAttempt) => UpstreamAnswer;
}

async function answerHttp2({ upstream, stream, raw, note }: Http2Exchange): Promise<void> {
  stream.on('error', () => {});
  const pseudo = (name: string) => raw[raw.indexOf(name) + 1] ?? '';
  const attempt: ReceivedAttempt = {
    upstream,
    requestLine: `${pseudo(':method')} ${pseudo(':path')} HTTP/2`,
    headers: raw.flatMap((text, index) =>
      index % 2 === 0 && text !== ':method' && text !== ':path' ? [text, raw[index + 1] ?? ''] : [],
    ),
    trailers: [],
    body: '',
    tls: describeTls(stream.session?.socket),
  };
  const answer = note(attempt);
  stream.on('trailers', (_headers: unknown, _flags: number, received: string[]) => (attempt.trailers = received));
  try {
    attempt.body = (await buffer(stream)).toString();
    if ('raw' in answer) throw new Error('raw answers are for HTTP/1');
    if ('reset' in answer) {
      stream.close(answer.code ?? 0);
      return;
    }
    await sleep(answer.delayMs ?? 0);
    const headers: Record<string, string> = {};
    for (let index = 0; index < (answer.headers?.length ?? 0); index += 2)
      headers[answer.headers?.[index] ?? ''] = answer.headers?.[index + 1] ?? '';
    stream.respond({ ':status': answer.status ?? 200, ...headers }, { endStream: false });
    if (answer.bodyDelayMs !== undefined) await sleep(answer.bodyDelayMs);
    stream.end(answer.body ?? '');
  } catch {
    // As above.
  }
}

function describeTls(socket: unknown): string | undefined {
  const tls = socket as Partial<TLSSocket> & { servername?: string | false };
  if (tls.encrypted !== true || tls.getPeerCertificate === undefined) return undefined;
  const subject = (tls.getPeerCertificate().subject as { CN?: string } | undefined)?.CN;
  return `sni=${tls.servername || 'none'} alpn=${tls.alpnProtocol || 'none'} client=${subject ?? 'none'}`;
}

function hasName(headers: readonly string[], name: string): boolean {
  return headers.some((text, index) => index % 2 === 0 && text.toLowerCase() === name);
}
