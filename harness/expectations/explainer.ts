import type { TimelineEvent } from '#core/timeline.ts';

export type Grade = 'proved' | 'consistent' | 'likely' | 'unexplained';

/** From the surest to none. */
export const GRADES: readonly Grade[] = ['proved', 'consistent', 'likely', 'unexplained'];

export interface CallQuestion {
  /** The whole stream so far. */
  readonly events: readonly TimelineEvent[];
  /** The `call` of the call event to explain. */
  readonly callId: number;
  /** The secret of a key that exists or existed, to recompute signatures with. */
  readonly findSecretAccessKey: (accessKeyId: string) => string | undefined;
}

/** Why a call was refused, in the words that are printed. */
export interface CallExplanation {
  /** A stable word such as `host-port`, or `unexplained`. */
  readonly cause: string;
  readonly grade: Grade;
  /** The header that changed, lower case. */
  readonly header?: string;
  /** One sentence: why. */
  readonly sentence: string;
  /** Which hop signed and which hop changed. */
  readonly where?: string;
  /** What the grade rests on, one clause a line. */
  readonly proof?: readonly string[];
  readonly fix?: string;
  /** The canonical requests compared and the path, ready to print without indentation. */
  readonly details?: readonly string[];
}

/** Explains a refused call; undefined when the call was not refused by AWS. */
export type ExplainCall = (question: CallQuestion) => CallExplanation | undefined;
