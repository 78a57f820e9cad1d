import type { CallResult } from '../../backends/backend.ts';
import type { CallMatchers } from '../call-matchers.ts';
import { matchAcceptance, matchRefusal, matchUnsigned } from './aws-matchers.ts';
import type { MatcherContext, MatchOutcome } from './match-outcome.ts';
import { matchUpToDate } from './up-to-date-matcher.ts';
import { matchBody, matchHeader, matchStatus } from './status-matchers.ts';

type CallMatcherTable = {
  readonly [Name in Exclude<keyof CallMatchers, 'toBeExplainedBy'>]: (
    result: CallResult,
    context: MatcherContext,
    ...parameters: Parameters<CallMatchers[Name]>
  ) => MatchOutcome;
};

/** The repository's own matchers about answers, by the name a scenario calls. */
export const CALL_MATCHERS: CallMatcherTable = {
  toHaveStatus: (result, _, status) => matchStatus(result, status),
  toHaveBody: (result, _, body) => matchBody(result, body),
  toHaveHeader: (result, _, name, value) => matchHeader(result, name, value),
  toBeRefusedBy: (result, context, service, code) => matchRefusal(result, { service, code }, context),
  toBeAcceptedBy: (result, context, service) => matchAcceptance(result, service, context),
  toBeLeftUnsigned: (result, context) => matchUnsigned(result, context),
  toBeServedUpToDate: (result, context) => matchUpToDate(result, context),
};
