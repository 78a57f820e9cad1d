import type { TimelineEventOf } from '#core/timeline.ts';
import type { Grade } from '../../expectations/explainer.ts';
import type { Cause } from '../cause.ts';
import type { CauseFacts } from '../cause-text.ts';

export type ConnectionEvent = TimelineEventOf<'connection'>;

/** Why a connection did not come about or did not last. */
export interface ConnectionFinding {
  readonly cause: Cause;
  /**
   * `proved` where the process that gave the answer says so itself; `consistent` where another process says so at that time: nothing
   * ties its connection to this request.
   */
  readonly grade: Grade;
  readonly facts: CauseFacts;
  /** Who says what. */
  readonly told: readonly string[];
}
