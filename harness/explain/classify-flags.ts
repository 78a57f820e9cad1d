import type { Cause } from './cause.ts';

/** What a proxy says about an answer of its own: `%RESPONSE_FLAGS%`, `%RESPONSE_CODE_DETAILS%` and why its connection failed. */
export interface ProxyWords {
  /** `UF,URX`; empty for none. */
  readonly flags: string;
  readonly details?: string;
  readonly transportFailure?: string;
}

/** By the details, which name the situation better than the flags; gateways.md 4.3. */
const DETAILS: Readonly<Record<string, Cause>> = {
  response_timeout: 'route-timeout',
  upstream_response_timeout: 'route-timeout',
  upstream_per_try_timeout: 'per-try-timeout',
  stream_idle_timeout: 'stream-idle-timeout',
  route_not_found: 'no-route',
  cluster_not_found: 'no-cluster',
  no_healthy_upstream: 'no-healthy-upstream',
  overflow: 'circuit-breaker',
  request_payload_too_large: 'body-too-large',
  response_payload_too_large: 'body-too-large',
  rbac_access_denied_matched_policy: 'access-denied',
  ext_authz_denied: 'denied-by-service',
  fault_filter_abort: 'fault-injected',
  downstream_remote_disconnect: 'caller-gone',
};

/** Why an upstream could not be reached, in BoringSSL's and Envoy's words; blanks are underscores in an access log. */
const TRANSPORT: readonly (readonly [text: RegExp, cause: Cause])[] = [
  [/CERTIFICATE_VERIFY_FAILED/, 'certificate-refused'],
  [/Secret.is.not.supplied/, 'secret-missing'],
  [/WRONG_VERSION_NUMBER/, 'tls-mismatch'],
  [/CERTIFICATE_REQUIRED|PEER_DID_NOT_RETURN/, 'client-certificate-missing'],
  [/ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA)/, 'client-certificate-refused'],
  [/(?:delayed|immediate).connect.error:.111/, 'connection-refused'],
  [/(?:delayed|immediate).connect.error:.11[03]|connection.timeout/, 'connect-timeout'],
];

/** By the flag that says most; `URX` and `UMSDR` stand beside another that says why. */
const FLAGS: readonly (readonly [flag: string, cause: Cause])[] = [
  ['NR', 'no-route'],
  ['NC', 'no-cluster'],
  ['UH', 'no-healthy-upstream'],
  ['UO', 'circuit-breaker'],
  ['UF', 'connection-failure'],
  ['UT', 'route-timeout'],
  ['UC', 'connection-lost'],
  ['UR', 'connection-lost'],
  ['UPE', 'protocol-error'],
  ['DPE', 'protocol-error'],
  ['SI', 'stream-idle-timeout'],
  ['DT', 'route-timeout'],
  ['DC', 'caller-gone'],
  ['DR', 'caller-gone'],
  ['LR', 'stream-reset-by-proxy'],
  ['FI', 'fault-injected'],
  ['DI', 'fault-injected'],
  ['RL', 'rate-limited'],
  ['RLSE', 'rate-limited'],
  ['UAEX', 'denied-by-service'],
  ['DF', 'name-not-resolved'],
  ['OM', 'overloaded'],
  ['DO', 'overloaded'],
  ['IH', 'protocol-error'],
  ['URX', 'retries-exhausted'],
];

/** Names the cause of an answer by the words of the proxy that gave it; undefined when they tell of none. */
export function classifyFlags({ flags, details = '', transportFailure }: ProxyWords): Cause | undefined {
  const listed = new Set(flags.split(','));
  const isUpstream = listed.has('UF') || listed.has('UC') || listed.has('UR') || details.startsWith(RESET);
  const transport = isUpstream ? TRANSPORT.find(([text]) => text.test(transportFailure ?? details)) : undefined;
  if (transport !== undefined) return transport[1];
  const [name = ''] = details.split(/[{[]/);
  return DETAILS[name] ?? FLAGS.find(([flag]) => listed.has(flag))?.[1];
}

/** The name of every answer for an upstream that gave none; why stands behind it in braces. */
export const RESET = 'upstream_reset_before_response_started';
