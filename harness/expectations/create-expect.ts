import { ArrayContaining, ObjectContaining, StringContaining, StringMatching } from '@vitest/expect';
import type { Clock } from '#core/clock.ts';
import { MeshrigError, messageOf } from '#core/errors.ts';
import { createAssertion } from './assertion-library.ts';
import { findCall } from './call-result.ts';
import { describeMatcher } from './describe-matcher.ts';
import { ExpectationError } from './expectation-error.ts';
import type { MatcherContext } from './matchers/match-outcome.ts';
import { always, describeRepetition, eventually, type Check, type Repetition } from './repeat.ts';
import type { AlwaysOptions, EventuallyOptions, ScenarioExpect } from './scenario-expect.ts';

export interface ExpectOptions extends MatcherContext {
  readonly clock: Clock;
  /** Runs a waiting expectation as a step of its own where the scenario did not open one. */
  runAsStep(title: string, action: () => Promise<void>): Promise<void>;
}

/** One matcher as the scenario called it. */
interface MatcherCall {
  readonly name: string;
  readonly isNegated: boolean;
  readonly parameters: readonly unknown[];
  /** The stack where the scenario called it. */
  readonly site: string;
}

/** The `expect` of one run: reports every matcher called to the timeline, and throws {@link ExpectationError}. */
export function createExpect(options: ExpectOptions): ScenarioExpect {
  let openAttempts = 0;

  const expectNow = (actual: unknown) =>
    createMatcherProxy((matcher) => {
      const failure = runMatcher(options, actual, matcher);
      // Inside a repeated attempt it is the repetition that counts, and a failure is only a reason to try again.
      if (openAttempts === 0) report(options, matcher, { failure });
      if (failure !== undefined) throw createExpectationError(matcher, { actual, failure });
    });

  const expectRepeatedly = (word: string, attempt: () => unknown, repeat: (check: Check) => Promise<Repetition>) =>
    createMatcherProxy((matcher) =>
      options.runAsStep(`${word} ${describeMatcher(matcher)}`, async () => {
        let actual: unknown;
        const repetition = await repeat(async () => {
          openAttempts++;
          try {
            actual = undefined;
            actual = await attempt();
          } finally {
            openAttempts--;
          }
          const failure = runMatcher(options, actual, matcher);
          if (failure !== undefined) throw failure;
        });
        report(options, matcher, repetition);
        if (repetition.failure === undefined) return;
        throw createExpectationError(matcher, { actual, failure: repetition.failure, repetition });
      }),
    );

  const words = {
    eventually: (attempt: () => unknown, waiting: EventuallyOptions = {}) =>
      expectRepeatedly('eventually', attempt, (check) => eventually(check, waiting, options.clock)),
    always: (attempt: () => unknown, waiting: AlwaysOptions = {}) =>
      expectRepeatedly('always', attempt, (check) => always(check, waiting, options.clock)),
    stringContaining: (part: string) => new StringContaining(part),
    stringMatching: (pattern: string | RegExp) => new StringMatching(pattern),
    objectContaining: (part: Record<string, unknown>) => new ObjectContaining(part),
    arrayContaining: (part: unknown[]) => new ArrayContaining(part),
  };
  // The proxies answer to every matcher name, which no type can follow.
  return Object.assign(expectNow, words) as unknown as ScenarioExpect;
}

/** An object on which any matcher name can be called, after `not` or without. */
function createMatcherProxy(call: (matcher: MatcherCall) => unknown, isNegated = false): object {
  return new Proxy(
    {},
    {
      get(_, name) {
        // Without `then` the proxy can be awaited by mistake and does no harm.
        if (typeof name !== 'string' || name === 'then') return undefined;
        if (name === 'not') return createMatcherProxy(call, !isNegated);
        return function matcher(...parameters: unknown[]): unknown {
          return call({ name, isNegated, parameters, site: captureSite(matcher) });
        };
      },
    },
  );
}

function runMatcher(context: MatcherContext, actual: unknown, matcher: MatcherCall): unknown {
  const assertion = createAssertion(actual, context);
  const target: object = matcher.isNegated ? assertion.not : assertion;
  try {
    const method: unknown = Reflect.get(target, matcher.name);
    if (typeof method !== 'function') return new TypeError(`expect has no matcher "${matcher.name}"`);
    Reflect.apply(method, target, matcher.parameters);
    return undefined;
  } catch (failure) {
    return failure;
  }
}

function report(
  options: ExpectOptions,
  matcher: MatcherCall,
  ending: { readonly failure?: unknown; readonly attempts?: number },
): void {
  options.timeline.emit({
    type: 'expectation',
    source: 'scenario',
    text: describeMatcher(matcher),
    outcome: ending.failure === undefined ? 'held' : 'failed',
    ...(ending.attempts === undefined ? {} : { attempts: ending.attempts }),
  });
}

interface Disappointment {
  readonly actual: unknown;
  readonly failure: unknown;
  readonly repetition?: Repetition;
}

function createExpectationError(matcher: MatcherCall, { actual, failure, repetition }: Disappointment): Error {
  if (failure instanceof MeshrigError && failure.code === 'INVALID_SCENARIO') return failure;
  return new ExpectationError(repetition === undefined ? messageOf(failure) : describeRepetition(repetition), {
    ...pickComparison(failure),
    ...pickCall(actual),
    cause: failure,
    site: matcher.site,
  });
}

function pickCall(actual: unknown): { callId?: number } {
  const call = findCall(actual);
  return call === undefined ? {} : { callId: call.callId };
}

function pickComparison(failure: unknown): { actual?: unknown; expected?: unknown } {
  if (!(failure instanceof Error) || !('expected' in failure) || failure.expected === undefined) return {};
  return { expected: failure.expected, actual: 'actual' in failure ? failure.actual : undefined };
}

/** The frames of the caller's caller: repeated matchers fail long after the line that named them has returned. */
function captureSite(below: (...parameters: unknown[]) => unknown): string {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, below);
  return (holder.stack ?? '').split('\n').slice(1).join('\n');
}
