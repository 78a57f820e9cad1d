/** One HTTP answer, taken apart without judging it. */
export interface ReceivedResponse {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** Flat names and values, as on the wire. */
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  /** False for 1xx and for an answer whose end is missing. */
  readonly isFinal: boolean;
}

/** Reads the HTTP/1 answers in what a connection has brought so far. */
export function readResponses(bytes: Buffer, options: { method: string; isClosed: boolean }): ReceivedResponse[] {
  const responses: ReceivedResponse[] = [];
  let rest = bytes.toString('latin1');
  while (rest !== '') {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) break;
    const [line = '', ...fields] = rest.slice(0, headEnd).split('\r\n');
    const [version = '', status = '', ...reason] = line.split(' ');
    const headers = fields.flatMap(splitField);
    const framed = readBody(rest.slice(headEnd + 4), { status: Number(status), headers, ...options });
    const { body, trailers, isComplete } = framed;
    const isFinal = isComplete && Number(status) >= 200;
    responses.push({ version, status: Number(status), reason: reason.join(' '), headers, body, trailers, isFinal });
    rest = framed.rest;
  }
  return responses;
}

function splitField(field: string): [string, string] {
  const colon = field.indexOf(':');
  return [field.slice(0, colon), field.slice(colon + 1).trim()];
}

interface Framing {
  readonly status: number;
  readonly headers: readonly string[];
  readonly method: string;
  readonly isClosed: boolean;
}

interface Framed {
  readonly body: string;
  readonly trailers: readonly string[];
  readonly rest: string;
  readonly isComplete: boolean;
}

function readBody(text: string, { status, headers, method, isClosed }: Framing): Framed {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304)
    return { body: '', trailers: [], rest: text, isComplete: true };
  const find = (name: string) =>
    headers[headers.findIndex((it, index) => index % 2 === 0 && it.toLowerCase() === name) + 1];
  if (headers.some((it, index) => index % 2 === 0 && it.toLowerCase() === 'transfer-encoding')) return readChunks(text);
  const hasLength = headers.some((it, index) => index % 2 === 0 && it.toLowerCase() === 'content-length');
  if (!hasLength) return { body: text, trailers: [], rest: '', isComplete: isClosed };
  const length = Number(find('content-length'));
  return { body: text.slice(0, length), trailers: [], rest: text.slice(length), isComplete: text.length >= length };
}

function readChunks(text: string): Framed {
  let body = '';
  for (let at = 0; ;) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (lineEnd < 0 || Number.isNaN(size)) return { body, trailers: [], rest: '', isComplete: false };
    if (size === 0) return readTrailers(text, lineEnd + 2, body);
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
    if (at > text.length) return { body, trailers: [], rest: '', isComplete: false };
  }
}

function readTrailers(text: string, start: number, body: string): Framed {
  const trailers: string[] = [];
  for (let at = start; ;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return { body, trailers, rest: '', isComplete: false };
    if (lineEnd === at) return { body, trailers, rest: text.slice(lineEnd + 2), isComplete: true };
    trailers.push(...splitField(text.slice(at, lineEnd)));
    at = lineEnd + 2;
  }
}
