import type { Timeline } from '#core/timeline.ts';
import type { ExplanationOfCall } from '#core/timeline.ts';
import type { ExplainCall } from '../explainer.ts';

/** What a matcher may look at beside the value. */
export interface MatcherContext {
  readonly timeline: Timeline;
  readonly explainCall: ExplainCall;
  readonly findSecretAccessKey: (accessKeyId: string) => string | undefined;
  /** Puts an explanation that a scenario expected on the timeline. */
  readonly reportExplanation: (explanation: ExplanationOfCall) => void;
}

/** A matcher's judgement: `expected <expectation>, got <finding>`. */
export interface MatchOutcome {
  readonly holds: boolean;
  readonly expectation: string;
  readonly finding: string;
  /** For a diff; left out where the two phrases say it all. */
  readonly expected?: unknown;
  readonly actual?: unknown;
}
