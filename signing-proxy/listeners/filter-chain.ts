import {
  DownstreamTlsContextSchema,
  type FilterChain,
  type FilterChainMatch,
  type TransportSocket,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import { toMilliseconds } from '../routing/duration-ms.ts';
import { compileTlsPlan, type TlsPlan } from '../secrets/tls-plan.ts';
import { unpackTlsContext } from '../secrets/unpack-tls-context.ts';
import { compileNetworkFilters, type CompiledFilters } from './network-filters.ts';

/** How connections of one kind are served, checked whole but not yet waiting for anything. */
export interface FilterChainPlan extends CompiledFilters {
  readonly name: string;
  readonly match: FilterChainMatch | undefined;
  /** Undefined for plain text. */
  readonly tls: DownstreamTlsPlan | undefined;
  /** How long a TLS handshake may take; 0 is for ever. */
  readonly connectTimeoutMs: number;
}

interface DownstreamTlsPlan {
  readonly context: TlsPlan;
  readonly isCertificateRequired: boolean;
}

/** @throws ConfigError for a filter, TLS context or transport socket that cannot be served */
export function compileFilterChain(chain: FilterChain, context: ProxyContext): FilterChainPlan {
  return {
    name: chain.name,
    match: chain.filterChainMatch,
    tls: compileTls(chain.transportSocket),
    connectTimeoutMs: toMilliseconds(chain.transportSocketConnectTimeout) ?? 0,
    ...compileNetworkFilters(chain.filters, context),
  };
}

function compileTls(socket: TransportSocket | undefined): DownstreamTlsPlan | undefined {
  const tls = unpackTlsContext(socket, DownstreamTlsContextSchema);
  if (tls === undefined) return undefined;
  const context = tls.commonTlsContext && compileTlsPlan(tls.commonTlsContext, 'TLSv1.3');
  if (context === undefined || context.certificates.length === 0)
    throw new ConfigError('No TLS certificates found for server context');
  return { context, isCertificateRequired: tls.requireClientCertificate ?? false };
}
