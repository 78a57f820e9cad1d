import { create, type JsonObject, type JsonValue } from '@bufbuild/protobuf';
import {
  CommonTlsContextSchema,
  UpstreamTlsContextSchema,
  type Cluster,
  type TransportSocket,
} from '#xds/generated/messages.js';
import { compileTlsPlan, type TlsPlan } from '../secrets/tls-plan.ts';
import { unpackTlsContext } from '../secrets/unpack-tls-context.ts';

/** How bytes travel to some of a cluster's endpoints. */
export interface TransportPlan {
  /** The endpoints it is for: those whose metadata has all of this. */
  readonly match: JsonObject;
  /** Undefined for plain text. */
  readonly tls: UpstreamTlsPlan | undefined;
}

export interface UpstreamTlsPlan {
  readonly context: TlsPlan;
  /** Empty sends none. */
  readonly sni: string;
}

/**
 * Compiles the transport sockets of a cluster in the order they are tried; the last one fits every endpoint.
 *
 * @throws ConfigError for a transport socket or TLS context that cannot be used
 */
export function compileTransports(cluster: Cluster): TransportPlan[] {
  const matches = cluster.transportSocketMatches.map(({ match, transportSocket }) => ({
    match: match ?? {},
    tls: compileTls(transportSocket),
  }));
  return [...matches, { match: {}, tls: compileTls(cluster.transportSocket) }];
}

/** Whether the metadata of an endpoint has every value that the match asks for. */
export function fitsTransport(plan: TransportPlan, metadata: JsonObject): boolean {
  return Object.entries(plan.match).every(([key, wanted]) => isSameValue(metadata[key], wanted));
}

function compileTls(socket: TransportSocket | undefined): UpstreamTlsPlan | undefined {
  const tls = unpackTlsContext(socket, UpstreamTlsContextSchema);
  if (tls === undefined) return undefined;
  const common = tls.commonTlsContext ?? create(CommonTlsContextSchema);
  // Envoy's client stops at TLS 1.2 unless told otherwise (tls.proto, TlsParameters).
  return { context: compileTlsPlan(common, 'TLSv1.2'), sni: tls.sni };
}

function isSameValue(one: JsonValue | undefined, other: JsonValue): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
