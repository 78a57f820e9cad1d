import { NO_HEALTHY_UPSTREAM, type LocalReply } from '../../http/local-reply.ts';
import type { UpstreamError } from '../../upstreams/upstream-error.ts';

/** What the caller is told when an attempt got no response head (gateways.md 4.3). */
export function replyToReset(
  error: UpstreamError,
  options: { isRetry: boolean; addsEnvoyHeaders: boolean; tellsTransportFailure: boolean },
): LocalReply {
  if (error.flag === 'UH') return NO_HEALTHY_UPSTREAM;
  const retried = options.isRetry ? 'retried and the latest ' : '';
  const failure = error.transportFailure ?? '';
  const transport = failure === '' || !options.tellsTransportFailure ? '' : `, transport failure reason: ${failure}`;
  const isOverflow = error.flag === 'UO';
  return {
    status: error.flag === 'UPE' ? 502 : 503,
    body: `upstream connect error or disconnect/reset before headers. ${retried}reset reason: ${error.reason}${transport}`,
    details: isOverflow
      ? 'overflow'
      : `upstream_reset_before_response_started{${error.reason}${failure === '' ? '' : `,${failure}`}}`,
    flag: error.flag,
    ...(isOverflow && options.addsEnvoyHeaders ? { headers: [['x-envoy-overloaded', 'true']] as const } : {}),
  };
}

/** Callers may ask for 204 instead of 504. */
export function replyToTimeout(scope: 'global' | 'per-try', usesAlternative: boolean): LocalReply {
  const details = scope === 'global' ? 'response_timeout' : 'upstream_per_try_timeout';
  if (usesAlternative) return { status: 204, body: '', details, flag: 'UT' };
  return { status: 504, body: 'upstream request timeout', details, flag: 'UT' };
}
