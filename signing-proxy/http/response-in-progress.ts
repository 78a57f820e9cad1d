import type { Readable } from 'node:stream';
import type { UpstreamAnswer } from '../filters/types.ts';
import type { ResponseExchange } from '../filters/filter.ts';
import { HeaderMap } from './header-map.ts';
import type { LocalReply } from './local-reply.ts';
import { readBody } from './read-body.ts';
import type { RequestBody } from './request-body.ts';

/** An answer between the router and the caller: filters may read and replace its body. */
export class ResponseInProgress implements ResponseExchange {
  readonly headers: HeaderMap;
  readonly trailers: Promise<HeaderMap | undefined> | undefined;
  readonly #limitBytes: number;
  #body: Readable | Buffer | undefined;

  constructor(
    headers: HeaderMap,
    body: Readable | Buffer | undefined,
    options: { limitBytes: number; trailers?: Promise<HeaderMap | undefined> | undefined },
  ) {
    this.headers = headers;
    this.trailers = options.trailers;
    this.#limitBytes = options.limitBytes;
    this.#body = body;
  }

  get hasBody(): boolean {
    return this.#body !== undefined;
  }

  get body(): Readable | Buffer | undefined {
    return this.#body;
  }

  readBody(): Buffer | Promise<Buffer> {
    if (this.#body === undefined) return Buffer.alloc(0);
    const whole = readBody(this.#body, this.#limitBytes);
    return whole instanceof Promise ? whole.then((body) => (this.#body = body)) : whole;
  }

  replaceBody(body: Buffer): void {
    this.#body = body.length === 0 ? undefined : body;
  }
}

/** Puts an answer of the upstream on its way. */
export function createUpstreamResponse(
  { headers, body, trailers }: UpstreamAnswer,
  request: { readonly headers: HeaderMap; readonly body: RequestBody },
): ResponseInProgress {
  const limitBytes = request.body.limitBytes;
  if (mayHaveBody(headers, request.headers.get(':method')))
    return new ResponseInProgress(headers, body, { limitBytes, trailers });
  if (!Buffer.isBuffer(body)) body.resume();
  return new ResponseInProgress(headers, undefined, { limitBytes });
}

/** Puts an answer of the proxy's own on its way. */
export function createLocalResponse(reply: LocalReply): ResponseInProgress {
  const headers = HeaderMap.from([[':status', String(reply.status)], ...(reply.headers ?? [])]);
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body, 'utf8') : reply.body;
  if (body.length === 0) return new ResponseInProgress(headers, undefined, { limitBytes: 0 });
  headers.set('content-length', String(body.length));
  if (!headers.has('content-type')) headers.set('content-type', 'text/plain');
  return new ResponseInProgress(headers, body, { limitBytes: body.length });
}

function mayHaveBody(headers: HeaderMap, method: string | undefined): boolean {
  const status = headers.get(':status');
  return method !== 'HEAD' && status !== '204' && status !== '304' && headers.get('content-length') !== '0';
}
