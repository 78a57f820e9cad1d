import type { Duplex, Readable } from 'node:stream';
import type { Clock } from '#core/clock.ts';
import type { RequestHead } from '#core/http-message.ts';
import type { DownstreamInfo, DrainReason } from '../listeners/types.ts';
import type { HeaderMap } from './header-map.ts';

/** One request on a caller's connection, whatever its protocol, and the way back. */
export interface DownstreamStream {
  readonly downstream: DownstreamInfo;
  /** The head exactly as it came. */
  readonly received: RequestHead;
  /** The same head with pseudo headers in place of request line and `host`; free to be changed. */
  readonly headers: HeaderMap;
  /** Undefined when the request ended with its head, all of it when it came with its head. */
  readonly body: Readable | Buffer | undefined;
  /** What came behind the body, known once that has ended. */
  readonly trailers: HeaderMap | undefined;
  /** Tells how much of the body has come, as it comes. */
  onReceived(listener: (bytes: number) => void): void;
  /** Sends the answer. A body that breaks off resets the stream. */
  respond(response: DownstreamResponse): void;
  /** Ends the connection after the answer, where it carries nothing else. */
  closeWhenAnswered(): void;
  /** Breaks the stream off without (or in the middle of) an answer. */
  reset(): void;
  /** Called once when the stream is over: answered to the end, or given up by either side. */
  onClosed(listener: (isComplete: boolean) => void): void;
}

export interface DownstreamResponse {
  /** With `:status`. */
  readonly headers: HeaderMap;
  readonly body: Readable | Buffer | undefined;
  readonly trailers?: Promise<HeaderMap | undefined> | undefined;
}

/** Speaks one HTTP version on connections that are handed to it. */
export interface Codec {
  accept(stream: Duplex, downstream: DownstreamInfo): void;
  /** Tells callers to finish and lets requests under way end. */
  drain(reason: DrainReason): void;
  /** Ends every connection at once. */
  close(): void;
}

export interface CodecOptions {
  readonly clock: Clock;
  readonly maxHeaderBytes: number;
  readonly maxHeaderCount: number;
  readonly acceptsHttp10: boolean;
  /** Whether trailers of HTTP/1 requests are kept. */
  readonly keepsTrailers: boolean;
  /** The `server` header of answers that no request's life leads to. */
  readonly serverName: string;
  /** From the first byte of a request to the end of its head; 0 means none. */
  readonly requestHeadersTimeoutMs: number;
  /** How long a connection may be without a request; 0 means for ever. */
  readonly idleTimeoutMs: number;
  /** Whether a malformed request ends only its stream, where the protocol has streams, and not the connection. */
  readonly endsOnlyStreams: boolean;
  readonly onStream: (stream: DownstreamStream) => void;
}
