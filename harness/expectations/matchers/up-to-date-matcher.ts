import { eventsOfType } from '#core/timeline.ts';
import type { CallResult } from '../../backends/backend.ts';
import { findCallHops } from '../../explain/find-call-hops.ts';
import { findBehind } from '../../sync/find-behind.ts';
import type { MatcherContext, MatchOutcome } from './match-outcome.ts';

/** Whether every proxy on the way served the call by the newest configuration that there was for it. */
export function matchUpToDate(result: CallResult, { timeline }: MatcherContext): MatchOutcome {
  const events = timeline.events();
  const call = eventsOfType(events, 'call').find((event) => event.call === result.callId);
  const hops = call === undefined ? [] : findCallHops(events, call);
  const behind = hops.flatMap((hop) => findBehind(events, hop));
  const first = behind[0];
  return {
    holds: behind.length === 0,
    expectation: 'every proxy on the way to be up to date',
    finding: first === undefined ? 'that they were' : `${first.hop.source} with ${first.resourceType} ${first.reason}`,
  };
}
