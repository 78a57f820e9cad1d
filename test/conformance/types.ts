import type { JsonObject } from '@bufbuild/protobuf';

/** The names of the upstream servers; each has a port per side. */
export const UPSTREAM_NAMES = ['plain', 'h2c', 'tls', 'mutual-tls', 'refused'] as const;
export type UpstreamName = (typeof UPSTREAM_NAMES)[number];

/** What one HTTP/1 or HTTP/2 upstream does with an attempt. */
export type UpstreamAnswer =
  | {
      readonly status?: number;
      /** Flat names and values. */
      readonly headers?: readonly string[];
      readonly body?: string;
      readonly delayMs?: number;
      /** Between headers and body. */
      readonly bodyDelayMs?: number;
    }
  /** Bytes as they are, then the end of the connection. HTTP/1 only. */
  | { readonly raw: string; readonly reset?: boolean }
  /** The connection, or the HTTP/2 stream, is broken off without an answer. */
  | { readonly reset: true; readonly code?: number };

/** The certificates that a caller can show. */
export type CallerIdentity =
  'client' | 'stranger' | 'expired' | 'notYetValid' | 'serverOnly' | 'commonNameOnly' | 'manyNames';

/** How the caller's TLS connection is made. */
export interface CallerTls {
  readonly servername?: string;
  readonly alpn?: readonly string[];
  readonly identity?: CallerIdentity;
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** What a caller sends: bytes, or one HTTP/2 request. */
export type CallerRequest =
  | { readonly bytes: string; readonly pauseMs?: number; readonly rest?: string }
  /** Raw HTTP/2 frames after the preface and an empty SETTINGS frame. */
  | { readonly frames: readonly Buffer[] }
  | {
      readonly h2: readonly (readonly [name: string, value: string])[];
      readonly body?: string;
      /** Behind the body. */
      readonly trailers?: Readonly<Record<string, string>>;
    };

export interface ConformanceCase {
  readonly name: string;
  /** A name of the suite's listeners. The first one unless given. */
  readonly listener?: string;
  readonly request: CallerRequest;
  readonly tls?: CallerTls;
  /** One per attempt; the last repeats. */
  readonly answers?: readonly UpstreamAnswer[];
  /** Waits this long after the answer for attempts that still come. */
  readonly settleMs?: number;
}

/** Fields of a connection manager, or of a whole listener, in protobuf's JSON. */
export type ListenerConfig = { readonly manager: JsonObject } | { readonly listener: JsonObject };

export interface Suite {
  readonly name: string;
  readonly listeners: Readonly<Record<string, ListenerConfig>>;
  readonly cases: readonly ConformanceCase[];
}

/** Where one proxy under test listens and finds its upstreams. */
export interface Place {
  readonly listenerPorts: ReadonlyMap<string, number>;
  readonly upstreamPorts: Readonly<Record<UpstreamName, number>>;
}
