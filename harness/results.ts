import type { MeshrigErrorCode, SourceLocation } from '#core/errors.ts';
import type { ExplanationOfCall } from '#core/timeline.ts';
import type { StepRole } from './steps.ts';

/** What stands at the top of every report. */
export interface RunDescription {
  readonly backend: string;
  readonly seed: string;
  readonly nodeVersion: string;
  /** How many scenarios were chosen. */
  readonly scenarios: number;
  /** Steps of this role are left out. */
  readonly without?: StepRole | undefined;
  /** The folder that the scenarios lie in, where it is not meshrig's own. */
  readonly folder?: string | undefined;
}

export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly wallMs: number;
  readonly virtualMs: number;
  readonly failure?: ScenarioFailure;
  /** What was still open after everything was stopped, one phrase each. */
  readonly leaks: readonly string[];
}

export interface ScenarioFailure {
  readonly code: MeshrigErrorCode;
  /** One sentence, with the step it happened in. */
  readonly message: string;
  /** A few words for a line of the summary, such as `signature: host-port`. */
  readonly summary: string;
  readonly hint?: string;
  /** The line of the scenario (or manifest) it points at. */
  readonly location?: SourceLocation;
  readonly explanation?: ExplanationOfCall;
  /** Expected and got, line by line, where a phrase does not say it. */
  readonly diff?: string;
}

export interface RunSummary {
  readonly results: readonly ScenarioResult[];
  readonly wallMs: number;
  /** Why the run ended before its last scenario. */
  readonly stopped?: RunStop;
}

export interface RunStop {
  readonly code: 'INTERRUPTED' | 'TIME_LIMIT';
  readonly message: string;
}
