import type { AsymmetricMatchersContaining, JestAssertion } from '@vitest/expect';
import type { DurationText } from '../duration.ts';
import type { CallMatchers } from './call-matchers.ts';
import type { LedgerMatchers } from './ledger-matchers.ts';
import type { SyncMatchers } from './sync-matchers.ts';

/** An expectation about a value: every matcher of Vitest's `expect`, and those about calls, ledgers and sync. */
export type ScenarioAssertion<Actual> = Omit<JestAssertion<Actual>, 'not' | 'resolves' | 'rejects'> &
  CallMatchers &
  LedgerMatchers &
  SyncMatchers & { readonly not: ScenarioAssertion<Actual> };

/** The same matchers, tried again and again on the scenario's clock. */
export type RepeatedAssertion<Actual> = PromiseReturning<ScenarioAssertion<Actual>>;

type PromiseReturning<Assertion> = {
  readonly [Name in keyof Assertion]: Assertion[Name] extends (...parameters: infer Parameters) => unknown
    ? (...parameters: Parameters) => Promise<void>
    : PromiseReturning<Assertion[Name]>;
};

export interface EventuallyOptions {
  /** How long to try. Default: `10s`. */
  readonly within?: DurationText;
  /** From one try to the next. Default: `100ms`. */
  readonly every?: DurationText;
  /** How many tries in a row must hold. Default: 1. */
  readonly inARow?: number;
}

export interface AlwaysOptions {
  /** For how long it must hold. Default: `2s`. */
  readonly during?: DurationText;
  /** From one try to the next. Default: `100ms`. */
  readonly every?: DurationText;
}

/** `expect` of a scenario. Every matcher that is called counts as one expectation. */
export interface ScenarioExpect extends Pick<
  AsymmetricMatchersContaining,
  'stringContaining' | 'stringMatching' | 'objectContaining' | 'arrayContaining'
> {
  <Actual>(actual: Actual): ScenarioAssertion<Actual>;
  /** Holds as soon as a try holds. A try that throws counts as one that does not hold. */
  eventually<Actual>(attempt: () => Actual | Promise<Actual>, options?: EventuallyOptions): RepeatedAssertion<Actual>;
  /** Holds when every try holds. */
  always<Actual>(attempt: () => Actual | Promise<Actual>, options?: AlwaysOptions): RepeatedAssertion<Actual>;
}
