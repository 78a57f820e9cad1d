import type { HttpOptions } from './http-options.ts';

/** What the upstream HTTP version is chosen from, before the endpoint has a say. */
export type HttpVersionChoice = 'http1' | 'http2' | 'alpn';

const PLAIN: Readonly<Record<HttpVersionChoice, readonly string[]>> = {
  http1: ['http/1.1'],
  http2: ['h2'],
  alpn: ['h2', 'http/1.1'],
};

/** What the `istio.alpn` filter puts in place of the context's list for HTTP inside the mesh (xds.md 4.4). */
const MESH: Readonly<Record<HttpVersionChoice, readonly string[]>> = {
  http1: ['istio-http/1.1', 'istio', 'http/1.1'],
  http2: ['istio-h2', 'istio', 'h2'],
  alpn: ['istio-h2', 'istio-http/1.1', 'istio', 'h2', 'http/1.1'],
};

/** The protocols a TLS connection for HTTP offers, given those of the TLS context. */
export function chooseAlpn(configured: readonly string[], version: HttpVersionChoice): readonly string[] {
  if (configured.some((protocol) => protocol.startsWith('istio'))) return MESH[version];
  return configured.length === 0 ? PLAIN[version] : configured;
}

/** The version a request goes out with; `alpn` leaves it to the endpoint. */
export function chooseVersion(protocol: HttpOptions['protocol'], downstream: string | undefined): HttpVersionChoice {
  if (protocol === 'downstream') return downstream === '2' ? 'http2' : 'http1';
  return protocol;
}

/** Whether an endpoint chose HTTP/2. */
export function isHttp2Alpn(alpn: string | undefined): boolean {
  return alpn === 'h2' || alpn === 'istio-h2';
}
