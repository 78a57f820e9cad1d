import { getHeader } from '#core/http-message.ts';
import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';
import type { LambdaCause } from './cause.ts';
import type { CauseFacts } from './cause-text.ts';
import { describeCause } from './causes.ts';
import type { Explanation } from './explanation.ts';
import { findCallHops } from './find-call-hops.ts';
import { findLambdaCause } from './find-lambda-cause.ts';
import { createHopRows } from './path-rows.ts';

/** Explains an error behind a right signature: Lambda ran no function, the function said so itself, or the proxy could not read what it said. */
export function explainLambdaAnswer(
  events: readonly TimelineEvent[],
  call: TimelineEventOf<'call'>,
): Explanation | undefined {
  const explanation = explainByAnswer(events, call);
  return explanation && { ...explanation, ...placeAnswer(call, findCallHops(events, call)) };
}

/** The hops, and the last of them: it got the answer from Lambda. */
function placeAnswer(
  call: TimelineEventOf<'call'>,
  hops: readonly TimelineEventOf<'hop'>[],
): Pick<Explanation, 'where' | 'path'> {
  const path = createHopRows(call, hops);
  const last = path.at(-1);
  return last === undefined || path.length === 1
    ? { path }
    : { where: `answered by lambda to hop ${last.number}, ${last.name}`, path };
}

function explainByAnswer(events: readonly TimelineEvent[], call: TimelineEventOf<'call'>): Explanation | undefined {
  const { response } = call;
  const awsRequestId = response && getHeader(response.headers, 'x-amzn-requestid');
  if (awsRequestId === undefined) return undefined;
  const answer = eventsOfType(events, 'aws-answered').findLast((event) => event.awsRequestId === awsRequestId);
  const cause = findLambdaCause(answer?.code);
  if (answer !== undefined && cause !== undefined) {
    const proof = `${answer.service} accepted the signature of ${awsRequestId} and answered ${answer.code}`;
    return create(cause, proof, findFunctionName(events, awsRequestId));
  }
  const unread = eventsOfType(events, 'answer-unreadable').findLast((event) => event.awsRequestId === awsRequestId);
  if (unread === undefined) return explainOwnStatus(events, call, awsRequestId);
  const proof = `${unread.filter} of ${unread.source} says so itself of the answer to ${awsRequestId}`;
  return create('answer-unreadable', proof, { answeredBy: unread.source });
}

/** The function's own words, if Lambda passed them on and nobody behind it answered in its place. */
function explainOwnStatus(
  events: readonly TimelineEvent[],
  call: TimelineEventOf<'call'>,
  awsRequestId: string,
): Explanation | undefined {
  const status = call.response?.status ?? 0;
  const answer = eventsOfType(events, 'aws-answered').findLast((event) => event.awsRequestId === awsRequestId);
  const isAnsweredByProxy = findCallHops(events, call).some(
    ({ answeredLocally }) => answeredLocally?.status === status,
  );
  if (status < 400 || answer?.operation !== 'Invoke' || answer.status !== 200 || isAnsweredByProxy) return undefined;
  const proof = `${answer.service} ran it and answered 200 to ${awsRequestId}; no proxy answered ${status} itself`;
  return create('function-answered', proof, { ...findFunctionName(events, awsRequestId), status });
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
