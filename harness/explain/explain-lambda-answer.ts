import { getHeader } from '#core/http-message.ts';
import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';
import type { LambdaCause } from './cause.ts';
import type { CauseFacts } from './cause-text.ts';
import { describeCause } from './causes.ts';
import type { Explanation } from './explanation.ts';
import { findLambdaCause } from './find-lambda-cause.ts';

/** Explains an error behind a right signature: Lambda ran no function, or the proxy could not read what the function said. */
export function explainLambdaAnswer(
  events: readonly TimelineEvent[],
  { response }: TimelineEventOf<'call'>,
): Explanation | undefined {
  const awsRequestId = response && getHeader(response.headers, 'x-amzn-requestid');
  if (awsRequestId === undefined) return undefined;
  const answer = eventsOfType(events, 'aws-answered').findLast((event) => event.awsRequestId === awsRequestId);
  const cause = findLambdaCause(answer?.code);
  if (answer !== undefined && cause !== undefined) {
    const proof = `${answer.service} accepted the signature of ${awsRequestId} and answered ${answer.code}`;
    return create(cause, proof, findFunctionName(events, awsRequestId));
  }
  const unread = eventsOfType(events, 'answer-unreadable').findLast((event) => event.awsRequestId === awsRequestId);
  if (unread === undefined) return undefined;
  const proof = `${unread.filter} of ${unread.source} says so itself of the answer to ${awsRequestId}`;
  return create('answer-unreadable', proof, { answeredBy: unread.source });
}

function findFunctionName(events: readonly TimelineEvent[], awsRequestId: string): Pick<CauseFacts, 'functionName'> {
  const verdict = eventsOfType(events, 'verdict').findLast((event) => event.awsRequestId === awsRequestId);
  const name = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(verdict?.received.target ?? '')?.[1];
  return name === undefined ? {} : { functionName: decodeURIComponent(name) };
}

function create(cause: LambdaCause, proof: string, facts: CauseFacts): Explanation {
  return {
    cause,
    grade: 'proved',
    ...describeCause(cause, facts),
    proof: [`proved: ${proof}`],
    searched: { singles: 0, pairs: 0 },
    ruledOut: [],
    path: [],
  };
}
