import type { Duplex } from 'node:stream';
import type { Clock } from '#core/clock.ts';
import { peek } from '../listeners/peek.ts';
import type { Codec, CodecOptions } from './codec.ts';
import { createHttp1Codec } from './http1/http1-codec.ts';
import { createHttp2Codec } from './http2-codec.ts';

/** What a connection manager's `codec_type` asks for. */
export type CodecType = 'auto' | 'http1' | 'http2';

/** The codec of a connection manager. `auto` goes by ALPN where TLS settled on one, and by the first bytes elsewhere. */
export function createCodec(type: CodecType, options: CodecOptions): Codec {
  if (type === 'http1') return createHttp1Codec(options);
  if (type === 'http2') return createHttp2Codec(options);
  return createAutoCodec(createHttp1Codec(options), createHttp2Codec(options), options.clock);
}

function createAutoCodec(http1: Codec, http2: Codec, clock: Clock): Codec {
  const undecided = new Set<Duplex>();
  return {
    accept(stream, downstream) {
      const alpn = downstream.tls?.alpn;
      if (alpn !== undefined && alpn !== '') {
        (alpn === 'h2' ? http2 : http1).accept(stream, downstream);
        return;
      }
      undecided.add(stream);
      void peek(stream, { clock, timeoutMs: 0, inspect: inspectPreface }).then((verdict) => {
        undecided.delete(stream);
        if (verdict === 'closed' || verdict === 'timeout') stream.destroy();
        else verdict.codec.accept(stream, downstream);
      });
    },
    drain(reason) {
      for (const stream of undecided) stream.end();
      http1.drain(reason);
      http2.drain(reason);
    },
    close() {
      for (const stream of undecided) stream.destroy();
      http1.close();
      http2.close();
    },
  };

  /** Three bytes tell: no HTTP/1 method begins like HTTP/2's connection preface. */
  function inspectPreface(bytes: Buffer): { codec: Codec } | undefined {
    const start = bytes.toString('latin1', 0, 3);
    if (start === 'PRI') return { codec: http2 };
    return 'PRI'.startsWith(start) ? undefined : { codec: http1 };
  }
}
