import { once } from 'node:events';
import { connect as connectHttp2, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestCertificates } from './certificates.ts';
import { readResponses, type ReceivedResponse } from './read-responses.ts';
import type { CallerRequest, CallerTls, ConformanceCase } from './types.ts';

/** What a caller saw: answers in order, and how the connection ended, in words. */
export interface CallerView {
  readonly responses: readonly ReceivedResponse[];
  readonly connection: string;
}

/** Long enough for the slowest answer of a case; what takes longer is told as no answer. */
const PATIENCE_MS = 4_000;
/** A proxy that closes after its answer does so at once. */
const CLOSE_WAIT_MS = 25;

const HTTP2_PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
]);

/** Sends a case's request to a port of this machine and waits for what comes back. */
export async function sendCase(
  { request, tls }: ConformanceCase,
  port: number,
  certificates: TestCertificates,
): Promise<CallerView> {
  if ('h2' in request) return sendHttp2(request, { port, tls, certificates });
  const socket = await open(port, tls, certificates);
  if (typeof socket === 'string') return { responses: [], connection: socket };
  if ('frames' in request) return sendFrames(socket, Buffer.concat([HTTP2_PREFACE, ...request.frames]));
  return sendBytes(socket, request);
}

async function open(
  port: number,
  tls: CallerTls | undefined,
  certificates: TestCertificates,
): Promise<Socket | string> {
  if (tls === undefined) {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      return `cannot be made: ${describeError(error)}`;
    }
  }
  const socket = connectTls({ port, host: '127.0.0.1', ...toTlsOptions(tls, certificates) });
  try {
    await once(socket, 'secureConnect');
    return socket;
  } catch (error) {
    return `handshake failed: ${describeError(error)}`;
  }
}

function toTlsOptions(tls: CallerTls, certificates: TestCertificates): ConnectionOptions {
  const identity = tls.identity === undefined ? undefined : certificates[tls.identity];
  return {
    rejectUnauthorized: false,
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
    ...(tls.alpn === undefined ? {} : { ALPNProtocols: [...tls.alpn] }),
    ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
    ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.privateKey }),
  };
}

async function sendBytes(
  socket: Socket,
  { bytes, pauseMs, rest }: { bytes: string; pauseMs?: number; rest?: string },
): Promise<CallerView> {
  const received = collect(socket);
  socket.write(bytes, 'latin1');
  if (rest !== undefined) {
    await sleep(pauseMs ?? 0);
    if (socket.writable) socket.write(rest, 'latin1');
  }
  const method = bytes.split(' ', 1)[0] ?? '';
  const expected = countRequests(bytes + (rest ?? ''));
  const limit = Date.now() + PATIENCE_MS;
  while (Date.now() < limit && received.ending === undefined) {
    if (
      readResponses(received.bytes(), { method, isClosed: false }).filter(({ isFinal }) => isFinal).length >= expected
    )
      break;
    await sleep(2);
  }
  if (received.ending === undefined) await sleep(CLOSE_WAIT_MS);
  const responses = readResponses(received.bytes(), { method, isClosed: received.ending !== undefined });
  socket.destroy();
  return { responses, connection: received.ending ?? 'stays open' };
}

/** A case that sends several requests on one connection separates them by a mark that is no part of HTTP. */
function countRequests(bytes: string): number {
  return Math.max(
    1,
    bytes.split(/(?:^|\r\n\r\n|\n\n)(?=(?:GET|POST|HEAD) \S+ HTTP\/1\.\d\r?\n)/).filter((it) => it !== '').length,
  );
}

interface Collected {
  readonly bytes: () => Buffer;
  ending: string | undefined;
}

function collect(socket: Socket): Collected {
  const chunks: Buffer[] = [];
  const collected: Collected = { bytes: () => Buffer.concat(chunks), ending: undefined };
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
  socket.on('end', () => (collected.ending ??= 'is closed'));
  socket.on('error', (error) => (collected.ending ??= `breaks: ${describeError(error)}`));
  socket.on('close', () => (collected.ending ??= 'is closed'));
  return collected;
}

/** For malformed HTTP/2: the frames that come back, except settings and windows, by type, stream and error code. */
async function sendFrames(socket: Socket, bytes: Buffer): Promise<CallerView> {
  const received = collect(socket);
  socket.write(bytes);
  const limit = Date.now() + PATIENCE_MS / 8;
  while (Date.now() < limit && received.ending === undefined) await sleep(5);
  socket.destroy();
  return {
    responses: [],
    connection: [...describeFrames(received.bytes()), received.ending ?? 'stays open'].join('; '),
  };
}

function describeFrames(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    const stream = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
    const type = bytes[at + 3];
    if (type === 1) texts.push(`HEADERS on ${stream}`);
    if (type === 3) texts.push(`RST_STREAM on ${stream} ${nameErrorCode(bytes.readUInt32BE(at + 9))}`);
    if (type === 7) texts.push(`GOAWAY ${nameErrorCode(bytes.readUInt32BE(at + 13))}`);
  }
  return texts;
}

function nameErrorCode(code: number): string {
  const name = Object.entries(constants).find(
    ([key, value]) => value === code && /^NGHTTP2_[A-Z_]+$/.test(key) && ERROR_CODES.has(key),
  );
  return name?.[0].replace('NGHTTP2_', '') ?? String(code);
}

const ERROR_CODES = new Set(
  'NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED'
    .split(' ')
    .map((name) => `NGHTTP2_${name}`),
);

interface Http2Target {
  readonly port: number;
  readonly tls: CallerTls | undefined;
  readonly certificates: TestCertificates;
}

async function sendHttp2(
  { h2, body, trailers }: Extract<CallerRequest, { h2: unknown }>,
  { port, tls, certificates }: Http2Target,
): Promise<CallerView> {
  const options = tls === undefined ? {} : { ALPNProtocols: ['h2'], ...toTlsOptions(tls, certificates) };
  const session = connectHttp2(`${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, options);
  session.on('error', () => {});
  try {
    return await new Promise<CallerView>((resolve) => {
      session.once('error', (error) => resolve({ responses: [], connection: `breaks: ${describeError(error)}` }));
      const waitForTrailers = trailers !== undefined;
      const stream = session.request(groupValues(h2), { endStream: body === undefined, waitForTrailers });
      stream.once('wantTrailers', () => stream.sendTrailers(trailers ?? {}));
      if (body !== undefined) stream.end(body);
      const parts = { status: 0, headers: [] as string[], body: '', trailers: [] as string[] };
      let isAnswered = false;
      stream.on('response', (headers, _flags, ...[raw]: unknown[]) => {
        isAnswered = true;
        parts.status = headers[':status'] ?? 0;
        parts.headers = withoutPseudo(raw as string[]);
      });
      stream.on('trailers', (_headers: IncomingHttpHeaders, _flags: number, raw: string[]) => (parts.trailers = raw));
      stream.setEncoding('utf8').on('data', (text: string) => (parts.body += text));
      stream.on('error', () => {});
      stream.on('close', () =>
        resolve({
          responses: isAnswered ? [{ ...parts, version: 'HTTP/2', reason: '', isFinal: true }] : [],
          connection: stream.rstCode === 0 ? 'stays open' : `stream reset: ${nameErrorCode(stream.rstCode)}`,
        }),
      );
    });
  } finally {
    session.destroy();
  }
}

function groupValues(headers: readonly (readonly [string, string])[]): Record<string, string | string[]> {
  const grouped: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    const known = grouped[name];
    grouped[name] = known === undefined ? value : [known, value].flat();
  }
  return grouped;
}

function withoutPseudo(raw: readonly string[]): string[] {
  return raw.flatMap((text, index) => (index % 2 === 0 && !text.startsWith(':') ? [text, raw[index + 1] ?? ''] : []));
}

function describeError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
