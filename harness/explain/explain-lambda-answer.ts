import { getHeader } from '#core/http-message.ts';
import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';
import { describeCause } from './causes.ts';
import type { Explanation } from './explanation.ts';
import { findLambdaCause } from './find-lambda-cause.ts';

/** Explains an error of Lambda's own: the signature was right, but no function ran. */
export function explainLambdaAnswer(
  events: readonly TimelineEvent[],
  { response }: TimelineEventOf<'call'>,
): Explanation | undefined {
  const awsRequestId = response && getHeader(response.headers, 'x-amzn-requestid');
  const answer = eventsOfType(events, 'aws-answered').findLast((event) => event.awsRequestId === awsRequestId);
  const cause = answer && findLambdaCause(answer.code);
  if (awsRequestId === undefined || answer === undefined || cause === undefined) return undefined;
  const signed = eventsOfType(events, 'verdict').findLast((event) => event.awsRequestId === awsRequestId);
  const functionName = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(signed?.received.target ?? '')?.[1];
  return {
    cause,
    grade: 'proved',
    ...describeCause(cause, functionName === undefined ? {} : { functionName: decodeURIComponent(functionName) }),
    proof: [`proved: ${answer.service} accepted the signature of ${awsRequestId} and answered ${answer.code}`],
    searched: { singles: 0, pairs: 0 },
    ruledOut: [],
    path: [],
  };
}
