import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CircuitBreakersSchema } from '#xds/generated/messages.js';

/** `connectTimeout` of Istio's mesh configuration. */
export const CONNECT_TIMEOUT_MS = 10_000;

export const HTTP_PROTOCOL_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

const UNLIMITED = 0xff_ff_ff_ff;

/** Circuit breakers that never open. Envoy's own defaults (1024 connections, 3 retries) are too low for a mesh. */
export const UNLIMITED_THRESHOLD = {
  maxConnections: UNLIMITED,
  maxPendingRequests: UNLIMITED,
  maxRequests: UNLIMITED,
  maxRetries: UNLIMITED,
  trackRemaining: true,
};

export function unlimited(): MessageInitShape<typeof CircuitBreakersSchema> {
  return { thresholds: [UNLIMITED_THRESHOLD] };
}
