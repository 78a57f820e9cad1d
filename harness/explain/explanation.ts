import type { CanonicalDiff } from './canonical-diff.ts';
import type { Cause } from './cause.ts';
import type { Grade } from '../expectations/explainer.ts';
import type { PathRow } from './path-rows.ts';

/** Why AWS refused a request, with everything a reader is shown. Holds no secret. */
export interface Explanation {
  readonly cause: Cause;
  /**
   * - `proved`: signed again with the key, and the signature sent comes out after this change; or the very check that
   *   failed is on record.
   * - `consistent`: what was signed is known, and this change makes it what was checked; no key to prove it.
   * - `likely`: a known pattern, no more.
   * - `unexplained`: nothing fits; what was ruled out is listed.
   */
  readonly grade: Grade;
  /** The header whose change is the cause, lower case. */
  readonly header?: string;
  /** One sentence: why. */
  readonly sentence: string;
  /** Which hop signed and which hop changed; absent when only the request is known. */
  readonly where?: string;
  /** What the grade rests on, one clause a line. */
  readonly proof: readonly string[];
  /** What to do, as one clause. */
  readonly fix: string;
  /** How many changes were tried. */
  readonly searched: Searched;
  /** What was tried without success; empty unless the answer is `unexplained`. */
  readonly ruledOut: readonly RuledOut[];
  /** What was signed beside what was checked, where both are known. */
  readonly diff?: CanonicalDiff;
  /** The hops of the request, from the caller on; empty when only the request is known. */
  readonly path: readonly PathRow[];
}

export interface Searched {
  readonly singles: number;
  readonly pairs: number;
}

export interface RuledOut {
  readonly cause: string;
  /** How many changes of this kind were tried. */
  readonly tried: number;
}
