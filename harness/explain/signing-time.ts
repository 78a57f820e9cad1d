import { getHeader } from '#core/http-message.ts';
import { parseRequestTime } from '#mock-aws/sigv4/request-time.ts';
import { formatDuration } from '../duration.ts';
import type { CauseFacts } from './cause-text.ts';
import type { RequestTrace } from './trace-request.ts';

/** Longer than this between signing and checking is worth a word. */
const NOTABLE_MS = 30_000;

/**
 * Says how the time of a signature came to be outside the window: a date that the caller sent, seconds that the signer cut off, or a
 * request that waited after it was signed. Empty where the events show none of these, so that a clock is left to blame.
 */
export function describeSigningTime({ call, signed, verdict }: RequestTrace): Pick<CauseFacts, 'story' | 'remedy'> {
  const callers = call === undefined ? undefined : getHeader(call.request.headers, 'x-amz-date');
  if (callers !== undefined && signed !== undefined) {
    return {
      story: `The caller's x-amz-date ("${callers}") stayed on the request, and AWS read it as the time of the signature`,
      remedy:
        'remove x-amz-date before the filter that signs (headers.request.remove in the VirtualService of the gateway in front of it)',
    };
  }
  const stamp = signed && readStamp(signed.stringToSign);
  if (signed === undefined || stamp === undefined) return {};
  const waitedMs = verdict.at - signed.at;
  const cutMs = signed.at - stamp;
  if (waitedMs < NOTABLE_MS) return {};
  const cut =
    cutMs >= 1_000 && stamp % 60_000 === 0 ? `, and its time had no seconds (${formatDuration(cutMs)} early)` : '';
  return {
    story: `The request reached AWS ${formatDuration(waitedMs)} after it was signed${cut}`,
    remedy:
      cut === ''
        ? 'look for what held the request up after signing: connections that nobody answers, retries, a queue'
        : 'shorten the wait for a connection after signing, or upgrade: newer releases of Envoy write the seconds',
  };
}

function readStamp(stringToSign: string): number | undefined {
  try {
    return parseRequestTime(stringToSign.split('\n')[1] ?? '').at;
  } catch {
    return undefined;
  }
}
