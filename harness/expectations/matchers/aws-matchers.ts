import { getHeader } from '#core/http-message.ts';
import { eventsOfType, type TimelineEventOf } from '#core/timeline.ts';
import type { CallResult } from '../../backends/backend.ts';
import type { FailedCall } from '../../backends/failed-call.ts';
import type { AwsServiceName, ExplainedByOptions } from '../call-matchers.ts';
import type { ExplanationOfCall } from '#core/timeline.ts';
import { GRADES } from '../explainer.ts';
import { findAwsRefusal } from './aws-refusals.ts';
import { describeAnswer, findErrorCode, shorten } from './describe-answer.ts';
import type { MatcherContext, MatchOutcome } from './match-outcome.ts';

/** Status, code and body are compared with AWS's own; the service must be the one whose verdict the answer carries. */
export function matchRefusal(
  result: CallResult,
  { service, code }: { service: AwsServiceName; code: string },
  context: MatcherContext,
): MatchOutcome {
  const refusal = findAwsRefusal(code);
  const verdict = findVerdict(result, context);
  const expectation = `refused by ${service} with ${refusal?.status ?? 'an error'} ${code}`;
  const deviations = [
    refusal !== undefined && result.status !== refusal.status && describeAnswer(result),
    findErrorCode(result) !== code && describeAnswer(result),
    refusal?.message !== undefined &&
      !refusal.message.test(readMessage(result)) &&
      `body ${shorten(result.text(), 300)}`,
    verdict === undefined && `${describeAnswer(result)} that no AWS service sent`,
    verdict !== undefined && verdict.service !== service && `${describeAnswer(result)} from ${verdict.service}`,
  ].filter((deviation) => deviation !== false);
  return { holds: deviations.length === 0, expectation, finding: deviations[0] ?? describeAnswer(result) };
}

export function matchAcceptance(result: CallResult, service: AwsServiceName, context: MatcherContext): MatchOutcome {
  const verdict = findVerdict(result, context);
  return {
    holds: verdict?.service === service && verdict.accepted,
    expectation: `a signature accepted by ${service}`,
    finding: verdict === undefined ? `${describeAnswer(result)} without a verdict` : describeVerdict(verdict),
  };
}

export function matchUnsigned(result: CallResult, context: MatcherContext): MatchOutcome {
  const verdict = findVerdict(result, context);
  const isSigned = verdict !== undefined && getHeader(verdict.received.headers, 'authorization') !== undefined;
  return {
    holds: verdict !== undefined && !isSigned,
    expectation: 'a call that reached AWS unsigned',
    finding: verdict === undefined ? `${describeAnswer(result)} without a verdict` : 'a signed call',
  };
}

/** Explains the call and tells the timeline, so that the terminal shows the reason of an expected refusal too. */
export function matchExplanation(
  result: CallResult | FailedCall,
  { cause, options }: { cause: string; options: ExplainedByOptions },
  context: MatcherContext,
): MatchOutcome {
  const explanation = context.explainCall({
    events: context.timeline.events(),
    callId: result.callId,
    findSecretAccessKey: context.findSecretAccessKey,
  });
  const grade = options.grade ?? (cause === 'unexplained' ? 'unexplained' : 'proved');
  const header = options.header === undefined ? '' : ` of header "${options.header}"`;
  const expectation = `explained by ${cause}${header} (${grade})`;
  if (explanation === undefined)
    return {
      holds: false,
      expectation,
      finding: `${'message' in result ? result.message : describeAnswer(result)}, nothing to explain`,
    };
  const holds =
    explanation.cause === cause &&
    GRADES.indexOf(explanation.grade) <= GRADES.indexOf(grade) &&
    (options.header === undefined || explanation.header === options.header.toLowerCase());
  if (holds) context.reportExplanation(explanation);
  return { holds, expectation, finding: describeExplanation(explanation) };
}

/** The response's `x-amzn-RequestId` ties an answer to the verdict it came from. */
function findVerdict(result: CallResult, context: MatcherContext): TimelineEventOf<'verdict'> | undefined {
  const requestId = getHeader(result.headers, 'x-amzn-requestid');
  if (requestId === undefined) return undefined;
  return eventsOfType(context.timeline.events(), 'verdict').findLast((verdict) => verdict.awsRequestId === requestId);
}

function readMessage(result: CallResult): string {
  const json = /^\{"[Mm]essage":("(?:[^"\\]|\\.)*")\}$/.exec(result.text())?.[1];
  if (json !== undefined) return String(JSON.parse(json));
  return /<Message>([^<]*)<\/Message>/.exec(result.text())?.[1] ?? '';
}

function describeVerdict(verdict: TimelineEventOf<'verdict'>): string {
  return verdict.accepted
    ? `accepted by ${verdict.service}`
    : `refused by ${verdict.service}: ${verdict.code ?? verdict.status}`;
}

function describeExplanation(explanation: ExplanationOfCall): string {
  const header = explanation.header === undefined ? '' : ` of header "${explanation.header}"`;
  return `${explanation.cause}${header} (${explanation.grade}): ${explanation.sentence}`;
}
