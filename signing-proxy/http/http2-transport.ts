import { constants } from 'node:http2';
import { Duplex } from 'node:stream';

const { NGHTTP2_FLOW_CONTROL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_PROTOCOL_ERROR } = constants;

const FRAME_HEAD_BYTES = 9;
/** Where the number of the stream stands in the head of a frame. */
const STREAM_AT = 5;
const RST_STREAM = 3;
const GOAWAY = 7;
/** Where the error code stands behind the head of a GOAWAY frame. */
const GOAWAY_CODE_AT = 4;
const GOAWAY_REASON_AT = 8;

/** The texts with which nghttp2 refuses by itself; all others are `session_handle_invalid_connection`'s (nghttp2_session.c). */
const OWN_REASON = /^(?:DATA|CONTINUATION): |^unexpected non-CONTINUATION |: invalid padding$/;

/** What Node answers to a caller who breaks the protocol. */
interface Offence {
  /** How much of the chunk is still sent. */
  readonly end: number;
  /** Set where it ends the connection only if this stream has not become a request. */
  readonly streamId?: number;
}

/**
 * Stands between a connection and Node's HTTP/2, which answers broken frames but neither ends the connection nor tells
 * anybody. What it sends gives it away:
 *
 * - GOAWAY for what nghttp2 refuses by itself is passed on, and the connection ends, as Envoy's does.
 * - GOAWAY for a frame that nghttp2 shows its user first (`on_invalid_frame_recv_callback`) is kept back: Envoy's user ends the
 *   connection without a word. Node's lets nghttp2 speak, from 24 on with the reason, before that with an internal error.
 * - RST_STREAM for flow control, or for a protocol error on a stream that never became a request (a malformed head), is
 *   kept back: Envoy ends the connection without a word.
 *
 * Evidence: measured against Envoy 1.40 (docs/conformance.md, malformed requests).
 */
export class Http2Transport extends Duplex {
  readonly #connection: Duplex;
  readonly #endsOnlyStreams: boolean;
  /** Payload still to come of a frame whose head has passed. */
  #payloadBytes = 0;
  #isBroken = false;
  #lastRequest = 0;

  /** `endsOnlyStreams`: a malformed request ends its stream alone (`stream_error_on_invalid_http_message`). */
  constructor(connection: Duplex, { endsOnlyStreams }: { endsOnlyStreams: boolean }) {
    super({ allowHalfOpen: true });
    this.#connection = connection;
    this.#endsOnlyStreams = endsOnlyStreams;
    connection.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) connection.pause();
    });
    connection.on('end', () => this.push(null));
    connection.on('error', (error) => this.destroy(error));
    connection.on('close', () => this.destroy());
    connection.pause();
  }

  /** Notes the stream of a request whose head was accepted. */
  noteRequest(streamId: number): void {
    this.#lastRequest = streamId;
  }

  override _read(): void {
    this.#connection.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const offence = this.#isBroken ? undefined : this.#findOffence(chunk);
    const send = () => (this.#isBroken ? done() : this.#connection.write(chunk, done));
    if (offence === undefined) send();
    // A stream may be reset within the frames that began it; the next tick tells whether it has become a request.
    else if (offence.streamId !== undefined) process.nextTick(() => this.#judgeReset(offence, chunk, send));
    else {
      this.#break(chunk.subarray(0, offence.end));
      done();
    }
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#connection.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // One that has broken ends by itself, after its last bytes.
    if (!this.#isBroken) this.#connection.destroy();
    done(error);
  }

  /** `node:http2` asks its sockets for these. */
  setTimeout(): this {
    return this;
  }

  /** Looks at the frames that begin in a chunk. Node never cuts one in its head, nor in the payload of those that count. */
  #findOffence(chunk: Buffer): Offence | undefined {
    let found: Offence | undefined;
    let at = this.#payloadBytes;
    while (at < chunk.length) {
      found ??= this.#judgeFrame(chunk, at);
      at += FRAME_HEAD_BYTES + chunk.readUIntBE(at, 3);
    }
    this.#payloadBytes = at - chunk.length;
    return found;
  }

  #judgeFrame(chunk: Buffer, at: number): Offence | undefined {
    const payload = at + FRAME_HEAD_BYTES;
    const end = payload + chunk.readUIntBE(at, 3);
    if (chunk[at + 3] === GOAWAY) return judgeGoaway(chunk.subarray(payload, end), { start: at, end });
    if (chunk[at + 3] !== RST_STREAM || this.#endsOnlyStreams) return undefined;
    const code = chunk.readUInt32BE(payload);
    if (code === NGHTTP2_FLOW_CONTROL_ERROR) return { end: at };
    return code === NGHTTP2_PROTOCOL_ERROR ? { end: at, streamId: chunk.readUInt32BE(at + STREAM_AT) } : undefined;
  }

  #judgeReset({ end, streamId = 0 }: Offence, chunk: Buffer, send: () => void): void {
    if (streamId > this.#lastRequest) this.#break(chunk.subarray(0, end));
    send();
  }

  #break(lastBytes: Buffer): void {
    this.#isBroken = true;
    const connection = this.#connection;
    // The session follows when it sees the connection closed; ended from within its own write it would crash.
    connection.end(lastBytes, () => connection.destroy());
  }
}

function judgeGoaway(
  payload: Buffer,
  { start, end }: { readonly start: number; readonly end: number },
): Offence | undefined {
  const code = payload.readUInt32BE(GOAWAY_CODE_AT);
  if (code === NGHTTP2_NO_ERROR) return undefined;
  const reason = payload.toString('latin1', GOAWAY_REASON_AT);
  const isKept =
    code === NGHTTP2_INTERNAL_ERROR ||
    code === NGHTTP2_FLOW_CONTROL_ERROR ||
    (code === NGHTTP2_PROTOCOL_ERROR && !OWN_REASON.test(reason));
  return { end: isKept ? start : end };
}
