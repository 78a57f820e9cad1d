import type { Codec, CodecOptions } from '../codec.ts';
import { Http1Connection } from './http1-connection.ts';

/** HTTP/1.0 and 1.1 over any byte stream. Header names go out in lower case, as Envoy's. */
export function createHttp1Codec(options: CodecOptions): Codec {
  const connections = new Set<Http1Connection>();
  return {
    accept(stream, downstream) {
      const connection = new Http1Connection(stream, downstream, options);
      connections.add(connection);
      stream.once('close', () => connections.delete(connection));
    },
    drain(reason) {
      for (const connection of connections) connection.drain(reason);
    },
    close() {
      for (const { stream } of connections) stream.destroy();
    },
  };
}
