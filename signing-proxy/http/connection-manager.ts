import type { Duplex } from 'node:stream';
import type { HttpConnectionManager } from '#xds/generated/messages.js';
import type { ProxyContext } from '../context.ts';
import type { DownstreamInfo, NetworkFilter } from '../listeners/types.ts';
import { createCodec } from './codec-selector.ts';
import { compileManagerConfig } from './manager-config.ts';
import { RequestLife } from './request-life.ts';

/** An HTTP connection manager, with the names of filters that it accepted and does nothing for. */
export interface HttpConnectionManagerFilter extends NetworkFilter {
  readonly ignoredFilters: readonly string[];
}

/**
 * Creates the filter that serves HTTP on the connections of a filter chain.
 *
 * @throws ConfigError before anything is served, with the reason to refuse the listener
 */
export function createHttpConnectionManager(
  config: HttpConnectionManager,
  context: ProxyContext,
): HttpConnectionManagerFilter {
  const compiled = compileManagerConfig(config, context);
  const codec = createCodec(compiled.codec, {
    clock: context.clock,
    maxHeaderBytes: compiled.maxHeaderBytes,
    maxHeaderCount: compiled.maxHeaderCount,
    acceptsHttp10: compiled.acceptsHttp10,
    keepsTrailers: compiled.keepsTrailers,
    serverName: compiled.response.serverName,
    requestHeadersTimeoutMs: compiled.requestHeadersTimeoutMs,
    endsOnlyStreams: compiled.endsOnlyStreams,
    idleTimeoutMs: compiled.connectionIdleTimeoutMs,
    onStream: (stream) => void new RequestLife(stream, compiled, context).run(),
  });
  return {
    routeNames: typeof compiled.routes === 'string' ? [compiled.routes] : [],
    ignoredFilters: compiled.filterChain.ignored,
    accept(stream: Duplex, downstream: DownstreamInfo) {
      compiled.stats.connections.value++;
      codec.accept(stream, downstream);
    },
    drain: (reason) => codec.drain(reason),
    close() {
      codec.close();
      return Promise.resolve();
    },
  };
}
