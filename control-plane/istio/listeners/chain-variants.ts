import type { PortProtocol } from '../port-protocol.ts';
import type { MtlsMode } from '../security/mtls-mode.ts';

/** One of the chains that a port needs to take plain text and mTLS. */
export interface ChainVariant {
  readonly filters: 'http' | 'tcp';
  readonly transportProtocol: 'tls' | 'raw_buffer';
  readonly applicationProtocols: readonly string[];
  /** Whether the chain ends the TLS; TLS of other callers is passed on as it is. */
  readonly terminatesTls: boolean;
}

// istio `listener.go`: the ALPN that sidecars offer each other.
const MESH_HTTP_ALPN = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2'];
const MESH_TCP_ALPN = ['istio-peer-exchange', 'istio'];
export const MESH_ALPN = ['istio', 'istio-peer-exchange', ...MESH_HTTP_ALPN];
const PLAIN_HTTP_ALPN = ['http/1.1', 'h2c'];

const PLAIN_TCP: ChainVariant = {
  filters: 'tcp',
  transportProtocol: 'raw_buffer',
  applicationProtocols: [],
  terminatesTls: false,
};
const FOREIGN_TLS: ChainVariant = { ...PLAIN_TCP, transportProtocol: 'tls' };

const HTTP_VARIANTS: readonly ChainVariant[] = [
  { filters: 'http', transportProtocol: 'tls', applicationProtocols: MESH_ALPN, terminatesTls: true },
  { filters: 'http', transportProtocol: 'raw_buffer', applicationProtocols: [], terminatesTls: false },
];

const TCP_VARIANTS: readonly ChainVariant[] = [
  { filters: 'tcp', transportProtocol: 'tls', applicationProtocols: MESH_ALPN, terminatesTls: true },
  FOREIGN_TLS,
  PLAIN_TCP,
];

const SNIFFED_VARIANTS: readonly ChainVariant[] = [
  { filters: 'http', transportProtocol: 'tls', applicationProtocols: MESH_HTTP_ALPN, terminatesTls: true },
  { filters: 'http', transportProtocol: 'raw_buffer', applicationProtocols: PLAIN_HTTP_ALPN, terminatesTls: false },
  { filters: 'tcp', transportProtocol: 'tls', applicationProtocols: MESH_TCP_ALPN, terminatesTls: true },
  PLAIN_TCP,
  FOREIGN_TLS,
];

/**
 * The chains of a port, in Istio's order (istio `filterchain_options.go`): STRICT leaves only those that end mTLS, DISABLE
 * only the others.
 */
export function findChainVariants(protocol: PortProtocol, mode: MtlsMode): readonly ChainVariant[] {
  const variants = findPermissiveVariants(protocol);
  if (mode === 'PERMISSIVE') return variants;
  return variants.filter(({ terminatesTls }) => terminatesTls === (mode === 'STRICT'));
}

function findPermissiveVariants(protocol: PortProtocol): readonly ChainVariant[] {
  switch (protocol) {
    case 'http':
    case 'http2':
      return HTTP_VARIANTS;
    case 'auto':
      return SNIFFED_VARIANTS;
    case 'https':
    case 'tcp':
    case 'tls':
    case 'udp':
      return TCP_VARIANTS;
  }
}
