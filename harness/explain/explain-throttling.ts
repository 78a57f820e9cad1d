import { getHeader } from '#core/http-message.ts';
import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';
import { describeCause } from './causes.ts';
import type { Explanation } from './explanation.ts';

/** Explains a 429 of Lambda's own: the signature was right, but nothing ran. */
export function explainThrottling(
  events: readonly TimelineEvent[],
  { response }: TimelineEventOf<'call'>,
): Explanation | undefined {
  const awsRequestId = response && getHeader(response.headers, 'x-amzn-requestid');
  const answer = eventsOfType(events, 'aws-answered').findLast((event) => event.awsRequestId === awsRequestId);
  if (awsRequestId === undefined || answer?.code !== 'TooManyRequestsException') return undefined;
  return {
    cause: 'function-throttled',
    grade: 'proved',
    ...describeCause('function-throttled', {}),
    proof: [`proved: ${answer.service} accepted the signature of ${awsRequestId} and answered ${answer.code}`],
    searched: { singles: 0, pairs: 0 },
    ruledOut: [],
    path: [],
  };
}
