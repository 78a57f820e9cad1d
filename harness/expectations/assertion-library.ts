import { JestChaiExpect } from '@vitest/expect';
import { AssertionError, expect as chaiExpect, use, util } from 'chai';
import { MeshrigError } from '#core/errors.ts';
import type { ExplainedByOptions } from './call-matchers.ts';
import { describeCall, findCall, isCallResult } from './call-result.ts';
import { matchExplanation } from './matchers/aws-matchers.ts';
import { CALL_MATCHERS } from './matchers/call-matcher-table.ts';
import { isKeyLedger, LEDGER_MATCHERS } from './matchers/ledger-matcher-table.ts';
import type { MatcherContext, MatchOutcome } from './matchers/match-outcome.ts';
import { isSyncStates, SYNC_MATCHERS } from './matchers/sync-matcher-table.ts';

/** chai registers matchers once for the process; each assertion carries the context of its scenario as this flag. */
const CONTEXT_FLAG = 'meshrigContext';

use(JestChaiExpect);
use(addCallMatchers);
use(addExplanationMatcher);
use((chai, utils) => addMatchers(chai, utils, { word: 'ledger', matchers: LEDGER_MATCHERS, isSubject: isKeyLedger }));
use((chai, utils) => addMatchers(chai, utils, { word: 'sync', matchers: SYNC_MATCHERS, isSubject: isSyncStates }));

/** An assertion with all matchers of Vitest and of this repository. */
export function createAssertion(actual: unknown, context: MatcherContext): Chai.Assertion {
  const assertion = chaiExpect(actual);
  util.flag(assertion, CONTEXT_FLAG, context);
  return assertion;
}

function addCallMatchers(chai: Chai.ChaiStatic, utils: Chai.ChaiUtils): void {
  for (const [name, match] of Object.entries(CALL_MATCHERS)) {
    utils.addMethod(chai.Assertion.prototype, name, function (this: Chai.AssertionStatic, ...parameters: never[]) {
      const actual: unknown = utils.flag(this, 'object');
      if (!isCallResult(actual)) {
        throw new MeshrigError('INVALID_SCENARIO', `Failed to check "${name}": the value is not the answer of a call`);
      }
      const isNegated = utils.flag(this, 'negate') === true;
      const outcome = match(actual, utils.flag(this, CONTEXT_FLAG), ...parameters);
      if (outcome.holds === isNegated) throw createFailure(describeCall(actual), outcome, isNegated);
    });
  }
}

/** A call that failed can be explained, too: by the error it threw. */
function addExplanationMatcher(chai: Chai.ChaiStatic, utils: Chai.ChaiUtils): void {
  utils.addMethod(
    chai.Assertion.prototype,
    'toBeExplainedBy',
    function (this: Chai.AssertionStatic, cause: string, options: ExplainedByOptions = {}) {
      const actual: unknown = utils.flag(this, 'object');
      const call = findCall(actual);
      if (call === undefined) {
        const message =
          'Failed to check "toBeExplainedBy": the value is neither the answer of a call nor what one threw';
        throw new MeshrigError('INVALID_SCENARIO', message);
      }
      const isNegated = utils.flag(this, 'negate') === true;
      const outcome = matchExplanation(call, { cause, options }, utils.flag(this, CONTEXT_FLAG));
      if (outcome.holds === isNegated) throw createFailure(describeCall(call), outcome, isNegated);
    },
  );
}

/** Matchers about the value that one word of a scenario's parts gives. */
interface SubjectMatchers<Subject> {
  /** `sync` */
  readonly word: string;
  readonly matchers: Readonly<Record<string, (subject: Subject, ...parameters: string[]) => MatchOutcome>>;
  readonly isSubject: (value: unknown) => value is Subject;
}

function addMatchers<Subject>(
  chai: Chai.ChaiStatic,
  utils: Chai.ChaiUtils,
  { word, matchers, isSubject }: SubjectMatchers<Subject>,
): void {
  for (const [name, match] of Object.entries(matchers)) {
    utils.addMethod(chai.Assertion.prototype, name, function (this: Chai.AssertionStatic, ...parameters: string[]) {
      const actual: unknown = utils.flag(this, 'object');
      if (!isSubject(actual))
        throw new MeshrigError('INVALID_SCENARIO', `Failed to check "${name}": the value is not what ${word}() gives`);
      const isNegated = utils.flag(this, 'negate') === true;
      const outcome = match(actual, ...parameters);
      if (outcome.holds === isNegated) throw createFailure(word, outcome, isNegated);
    });
  }
}

function createFailure(subject: string, outcome: MatchOutcome, isNegated: boolean): Error {
  const expectation = isNegated ? `anything but ${outcome.expectation}` : outcome.expectation;
  const message = `${subject}: expected ${expectation}, got ${outcome.finding}`;
  return new AssertionError(message, { expected: outcome.expected, actual: outcome.actual });
}
