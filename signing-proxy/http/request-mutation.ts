import type { Random } from '#core/random.ts';
import type { DownstreamInfo } from '../listeners/types.ts';
import { forwardCallerAddress, type ForwardedForConfig } from './forwarded-for.ts';
import {
  forwardClientCert,
  type ForwardedClientCertDetails,
  type ForwardedClientCertMode,
} from './forwarded-client-cert.ts';
import type { HeaderMap } from './header-map.ts';
import { isValidReferer } from './referer.ts';
import type { AddressPredicate } from './internal-address.ts';

/** How a listener treats the headers of a request before any filter sees it. */
export interface RequestMutationConfig {
  readonly forwardedFor: ForwardedForConfig;
  readonly isInternalAddress: AddressPredicate;
  readonly clientCert: { readonly mode: ForwardedClientCertMode; readonly details: ForwardedClientCertDetails };
  readonly generatesRequestId: boolean;
  readonly replacesEmptyRequestId: boolean;
  readonly preservesExternalRequestId: boolean;
  readonly appendsForwardedPort: boolean;
  readonly via: string;
  /** Who this proxy says it is, where `add_user_agent` asks for it. */
  readonly addedUserAgent: { readonly nodeId: string; readonly nodeCluster: string } | undefined;
  readonly isTraced: boolean;
  /** The path and host that callers outside claim to be the original ones do not count. */
  readonly removesOriginals: boolean;
}

export interface MutationInput {
  readonly downstream: DownstreamInfo;
  readonly internalOnlyHeaders: readonly string[];
  readonly random: Random;
}

/** What the headers of Envoy's own begin with. Nearly no header does. */
const ENVOY = 'x-envoy-';

/** Meant for this hop alone. `te` may stay when it asks for trailers. */
const HOP_BY_HOP = new Set([
  'connection',
  'upgrade',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'x-envoy-internal',
]);

/** What only internal callers may ask for. */
const INTERNAL_ONLY = new Set([
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-max-retries',
  'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names',
  'x-envoy-hedge-on-per-try-timeout',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-force-trace',
  'x-envoy-ip-tags',
  'x-envoy-original-url',
]);

/** What a router tells the upstream of a request that it has rewritten. */
const ORIGINALS = ['x-envoy-original-path', 'x-envoy-original-host'] as const;

/** Istio's peer metadata, consumed by the proxy that receives it. */
const CONSUMED = new Set(['x-envoy-peer-metadata', 'x-envoy-peer-metadata-id']);

/**
 * Changes a request's headers as Envoy's connection manager does, in its order (gateways.md 4.4), and returns the caller's
 * address.
 */
export function mutateRequestHeaders(headers: HeaderMap, config: RequestMutationConfig, input: MutationInput): string {
  const { downstream, random } = input;
  removeHopByHop(headers);
  const referer = headers.get('referer');
  if (referer !== undefined && !isValidReferer(referer)) headers.remove('referer');
  const caller = forwardCallerAddress(headers, downstream, config.forwardedFor);
  setForwardedProto(headers, downstream, config.forwardedFor);
  if (config.appendsForwardedPort && !headers.has('x-forwarded-port'))
    headers.set('x-forwarded-port', String(downstream.localPort));
  if (!headers.has(':scheme')) headers.set(':scheme', headers.get('x-forwarded-proto') === 'https' ? 'https' : 'http');

  if (config.addedUserAgent !== undefined) addUserAgent(headers, config.addedUserAgent);
  const isInternal = caller.isSingle && caller.isKnown && config.isInternalAddress(caller.address);
  const isEdge = !isInternal && config.forwardedFor.usesRemoteAddress;
  if (isInternal) headers.set('x-envoy-internal', 'true');
  else removeInternalOnly(headers, input.internalOnlyHeaders, isEdge);
  if (isEdge && config.removesOriginals) for (const name of ORIGINALS) headers.remove(name);
  if (config.via !== '') headers.append('via', config.via, ', ');
  if (isEdge) headers.set('x-envoy-external-address', caller.address);
  if (config.generatesRequestId && needsRequestId(headers, config, isEdge)) headers.set('x-request-id', random.uuid());
  forwardClientCert(headers, downstream.tls, config.clientCert);
  headers.removeIf((name) => name.startsWith(ENVOY) && isConsumed(name, config));
  return caller.address;
}

function isConsumed(name: string, { isTraced }: RequestMutationConfig): boolean {
  return CONSUMED.has(name) || (isTraced && name === 'x-envoy-decorator-operation');
}

function removeHopByHop(headers: HeaderMap): void {
  const nominated = splitTokens(headers.get('connection'));
  const keepsTe = splitTokens(headers.get('te')).some((token) => token === 'trailers');
  headers.removeIf((name) => HOP_BY_HOP.has(name) || (name === 'te' ? !keepsTe : nominated.includes(name)));
  if (keepsTe) headers.set('te', 'trailers');
  if (headers.get('expect')?.toLowerCase() === '100-continue') headers.remove('expect');
}

function splitTokens(value: string | undefined): readonly string[] {
  if (value === undefined) return NONE;
  const tokens = value.toLowerCase();
  return tokens.includes(',') ? tokens.split(',').map((token) => token.trim()) : [tokens.trim()];
}

const NONE: readonly string[] = [];

function addUserAgent(headers: HeaderMap, { nodeId, nodeCluster }: { nodeId: string; nodeCluster: string }): void {
  headers.set('x-envoy-downstream-service-cluster', nodeCluster);
  if (!headers.has('user-agent')) headers.set('user-agent', nodeCluster);
  if (nodeId !== '') headers.set('x-envoy-downstream-service-node', nodeId);
}

/** The edge overwrites what an untrusted caller claims; elsewhere a claim stands. */
function setForwardedProto(headers: HeaderMap, downstream: DownstreamInfo, config: ForwardedForConfig): void {
  const overwrites = config.usesRemoteAddress && config.trustedHops === 0;
  if (overwrites || !headers.has('x-forwarded-proto'))
    headers.set('x-forwarded-proto', downstream.tls === undefined ? 'http' : 'https');
}

function removeInternalOnly(headers: HeaderMap, names: readonly string[], isEdge: boolean): void {
  headers.removeIf((name) => names.includes(name) || (name.startsWith(ENVOY) && isInternalOnly(name, isEdge)));
}

function isInternalOnly(name: string, isEdge: boolean): boolean {
  if (INTERNAL_ONLY.has(name)) return true;
  return isEdge && (name === 'x-envoy-decorator-operation' || name.startsWith('x-envoy-downstream-service-'));
}

function needsRequestId(headers: HeaderMap, config: RequestMutationConfig, isEdge: boolean): boolean {
  const requestId = headers.get('x-request-id');
  if (requestId === undefined || (isEdge && !config.preservesExternalRequestId)) return true;
  return requestId === '' && config.replacesEmptyRequestId;
}
