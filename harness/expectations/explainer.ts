import type { ExplanationOfCall, TimelineEvent } from '#core/timeline.ts';

export type Grade = ExplanationOfCall['grade'];

/** From the surest to none. */
export const GRADES: readonly Grade[] = ['proved', 'consistent', 'likely', 'unexplained'];

interface CallQuestion {
  /** The whole stream so far. */
  readonly events: readonly TimelineEvent[];
  /** The `call` of the call event to explain. */
  readonly callId: number;
  /** The secret of a key that exists or existed, to recompute signatures with. */
  readonly findSecretAccessKey: (accessKeyId: string) => string | undefined;
}

/** Explains a call that AWS refused or a proxy answered itself; undefined for any other. */
export type ExplainCall = (question: CallQuestion) => ExplanationOfCall | undefined;
