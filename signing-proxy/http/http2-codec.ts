import { constants, createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { DownstreamInfo } from '../listeners/types.ts';
import type { Codec, CodecOptions } from './codec.ts';
import { ConnectionIdle } from './connection-idle.ts';
import { Http2Stream } from './http2-stream.ts';
import { Http2Transport } from './http2-transport.ts';

const { NGHTTP2_FLAG_END_STREAM, NGHTTP2_INTERNAL_ERROR } = constants;

/** HTTP/2 over any byte stream: each stream becomes a request of its own. */
export function createHttp2Codec(options: CodecOptions): Codec {
  const sessions = new Map<ServerHttp2Session, Http2Transport>();
  const server = createServer({ maxHeaderListPairs: 1000, settings: { maxHeaderListSize: options.maxHeaderBytes } });
  let accepted: { readonly downstream: DownstreamInfo; readonly transport: Http2Transport } | undefined;

  server.on('session', (session) => {
    if (accepted === undefined) return;
    const { downstream, transport } = accepted;
    const idle = new ConnectionIdle(options.clock, options.idleTimeoutMs, () => session.close());
    sessions.set(session, transport);
    session.once('close', () => {
      sessions.delete(session);
      idle.stop();
    });
    session.on('error', () => session.destroy());
    // A stream may be over when it is announced, and then no longer says whose it is.
    session.on('stream', (stream: ServerHttp2Stream, _headers: unknown, flags: number, rawHeaders: string[]) => {
      transport.noteRequest(stream.id ?? 0);
      if (isHeadTooLarge(rawHeaders, options)) {
        stream.on('error', () => undefined);
        stream.close(NGHTTP2_INTERNAL_ERROR);
        return;
      }
      idle.enter();
      stream.once('close', () => idle.leave());
      const hasBody = (flags & NGHTTP2_FLAG_END_STREAM) === 0;
      new Http2Stream(stream, downstream, { rawHeaders, hasBody }).handOut(options.onStream);
    });
  });
  server.on('sessionError', () => undefined);

  return {
    accept(stream, downstream) {
      const transport = new Http2Transport(stream, options);
      // The session is announced within this call.
      accepted = { downstream, transport };
      server.emit('connection', transport);
      accepted = undefined;
    },
    drain() {
      for (const session of sessions.keys()) session.close();
    },
    close() {
      // A session destroyed while its connection is ending would crash in Node; it follows its transport by itself.
      for (const transport of sessions.values()) transport.destroy();
    },
  };
}

/** Node enforces neither limit; Envoy resets the stream (envoy source/common/http/http2/codec_impl.cc, saveHeader). */
function isHeadTooLarge(rawHeaders: readonly string[], { maxHeaderBytes, maxHeaderCount }: CodecOptions): boolean {
  if (rawHeaders.length / 2 > maxHeaderCount) return true;
  return rawHeaders.reduce((size, text) => size + text.length, 0) > maxHeaderBytes;
}
