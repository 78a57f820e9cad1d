import type { Grade } from '../../expectations/explainer.ts';
import type { Cause } from '../cause.ts';
import type { CauseFacts } from '../cause-text.ts';

/** What one line of a log or table tells. */
export interface Finding {
  /** Counts from 1 in what was pasted. */
  readonly line: number;
  readonly cause: Cause;
  readonly grade: Grade;
  readonly facts: CauseFacts;
  /** Whose words these are, and which: `response flags UF, details ...`. */
  readonly told: string;
}

/** What was found in the lines of a paste. */
export interface Findings {
  /** What the lines are, for the reader: `12 lines of an access log`. */
  readonly read: string;
  readonly findings: readonly Finding[];
}
