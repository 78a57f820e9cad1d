/** An answer that the proxy gives itself (gateways.md 4.3). */
export interface LocalReply {
  readonly status: number;
  /** Sent as `text/plain` unless `headers` say otherwise; empty sends no body. */
  readonly body: string | Buffer;
  /** Envoy's response code details: `route_not_found`. */
  readonly details: string;
  /** Envoy's response flag, where there is one: `NR`. */
  readonly flag?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

export const ROUTE_NOT_FOUND: LocalReply = { status: 404, body: '', details: 'route_not_found', flag: 'NR' };

export const PAYLOAD_TOO_LARGE: LocalReply = {
  status: 413,
  body: 'Payload Too Large',
  details: 'request_payload_too_large',
};

export const RESPONSE_TOO_LARGE: LocalReply = {
  status: 500,
  body: 'Internal Server Error',
  details: 'response_payload_too_large',
};

export const NO_HEALTHY_UPSTREAM: LocalReply = {
  status: 503,
  body: 'no healthy upstream',
  details: 'no_healthy_upstream',
  flag: 'UH',
};
