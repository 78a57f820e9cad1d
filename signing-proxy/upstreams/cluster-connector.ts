import { messageOf, systemCodeOf } from '#core/errors.ts';
import { formatAddress } from '#core/address.ts';
import type { HeaderMap } from '../http/header-map.ts';
import { isLoopback, parseIpBits } from '../listeners/ip-prefix.ts';
import type { Dependency } from '../resources/warm-up.ts';
import { watchTlsMaterial, type TlsMaterial } from '../secrets/tls-material.ts';
import type { AbandonSignal } from './abandonment.ts';
import { chooseAlpn, isHttp2Alpn, type HttpVersionChoice } from './alpn.ts';
import type { ClusterEnvironment } from './cluster-environment.ts';
import type { ClusterPlan } from './compile-cluster.ts';
import { connectEndpoint, type EndpointConnection, type TlsConnectOptions } from './connect-endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { Http1Session } from './http1/session.ts';
import { Http2Session } from './http2/session.ts';
import type { HttpSession, SessionOwner } from './http-session.ts';
import { fitsTransport, type UpstreamTlsPlan } from './transport.ts';
import { UpstreamError } from './upstream-error.ts';

/** What tells connections to one endpoint apart. */
export interface ConnectionKind {
  readonly version: HttpVersionChoice;
  /** Undefined leaves the SNI to the TLS context. */
  readonly sni: string | undefined;
}

/** Opens connections to the endpoints of one cluster, over the transport that each endpoint needs. */
export interface ClusterConnector extends Disposable {
  readonly dependencies: readonly Dependency[];
  /** @throws UpstreamError, or the signal's reason */
  openHttp(endpoint: Endpoint, kind: ConnectionKind, owner: SessionOwner, signal: AbandonSignal): Promise<HttpSession>;
  /** @throws UpstreamError, or the signal's reason */
  openTcp(endpoint: Endpoint, signal: AbandonSignal): Promise<EndpointConnection>;
}

export function createClusterConnector(plan: ClusterPlan, environment: ClusterEnvironment): ClusterConnector {
  const isInbound = plan.name.startsWith('inbound|');
  const materials = new Map<UpstreamTlsPlan, TlsMaterial>();
  for (const { tls } of plan.transports)
    if (tls !== undefined) materials.set(tls, watchTlsMaterial(tls.context, environment.secrets));

  function describeTls(
    endpoint: Endpoint,
    sni: string | undefined,
    version?: HttpVersionChoice,
  ): TlsConnectOptions | undefined {
    const tls = plan.transports.find((transport) => fitsTransport(transport, endpoint.transportMatch))?.tls;
    if (tls === undefined) return undefined;
    const { alpnProtocols } = tls.context;
    return {
      material: materials.get(tls)?.current(),
      sni: sni ?? tls.sni,
      alpnProtocols: version === undefined ? alpnProtocols : chooseAlpn(alpnProtocols, version),
      verifiesSni: plan.http.verifiesSni,
    };
  }

  async function open(
    endpoint: Endpoint,
    tls: TlsConnectOptions | undefined,
    signal: AbandonSignal,
  ): Promise<EndpointConnection> {
    const { network, clock, words, place } = environment;
    const { host, port } = endpoint.address;
    // Nothing redirects what a sidecar sends to its own pod from an inbound cluster (the source address 127.0.0.6).
    const isOwnPod = isInbound && host === place.address;
    const isLocal = isOwnPod || isLoopback(host);
    try {
      return await connectEndpoint({
        network,
        clock,
        words,
        zone: isLocal ? place.podZone : place.zone,
        source: isLocal ? undefined : place.address,
        endpoint: isOwnPod ? { host: '127.0.0.1', port } : endpoint.address,
        timeoutMs: plan.connectTimeoutMs,
        tls,
        signal,
      });
    } catch (error) {
      if (error instanceof UpstreamError) report(environment, endpoint, error);
      throw error;
    }
  }

  return {
    dependencies: Array.from(materials.values()).flatMap(({ dependencies }) => dependencies),
    async openHttp(endpoint, { version, sni }, owner, signal) {
      const { stream, alpn } = await open(endpoint, describeTls(endpoint, sni, version), signal);
      const options = { stream, endpoint: endpoint.address, owner };
      return version === 'http2' || (version === 'alpn' && isHttp2Alpn(alpn))
        ? new Http2Session({ ...options, maxStreams: plan.http.maxConcurrentStreams })
        : new Http1Session(options);
    },
    openTcp: (endpoint, signal) => open(endpoint, describeTls(endpoint, undefined), signal),
    [Symbol.dispose]() {
      for (const material of materials.values()) material[Symbol.dispose]();
    },
  };
}

/** The SNI that a request asks for by `auto_sni`; undefined leaves it to the TLS context. Addresses are never sent. */
export function findRequestedSni({ http }: ClusterPlan, headers: HeaderMap): string | undefined {
  if (!http.usesHostAsSni) return undefined;
  const host = headers.get(http.sniHeader === '' ? ':authority' : http.sniHeader)?.replace(/:\d+$/, '');
  return host === undefined || parseIpBits(host) !== undefined ? undefined : host;
}

function report({ timeline, source }: ClusterEnvironment, endpoint: Endpoint, error: UpstreamError): void {
  const isRefused = systemCodeOf(error.cause) === 'ECONNREFUSED';
  const reason = error.cause === undefined ? error.message : `${error.message} (${describeCause(error.cause)})`;
  timeline.emit({
    type: 'connection',
    source,
    phase: isRefused ? 'refused' : 'failed',
    to: formatAddress(endpoint.address),
    reason,
  });
}

/** Without the number of the thread that OpenSSL begins its lines with, which differs from run to run. */
function describeCause(cause: unknown): string {
  return messageOf(cause)
    .replace(/^[\dA-F]+:(?=error:)/, '')
    .trim();
}
