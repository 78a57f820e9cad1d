import { expect, test } from 'vitest';
import { describeProof } from '#harness/explain/describe-proof.ts';
import type { MismatchFinding } from '#harness/explain/explain-mismatch.ts';

const found: MismatchFinding = {
  cause: 'host-port',
  grade: 'proved',
  changes: [],
  signedParts: undefined,
  searched: { singles: 1, pairs: 0 },
  ruledOut: [],
};
const names = { checkedBy: 'lambda', signedBy: undefined, hasSecret: true };

test.each([
  [{ singles: 1, pairs: 0 }, '(the first change tried to what lambda checked)'],
  [{ singles: 2, pairs: 0 }, '(1 other single change to what lambda checked did not match)'],
  [{ singles: 41, pairs: 0 }, '(40 other single changes to what lambda checked did not match)'],
  [{ singles: 389, pairs: 12 }, '(389 single changes and 11 other pairs to what lambda checked did not match)'],
])('says what was tried before the change that matches: %o', (searched, said) => {
  expect(describeProof({ ...found, searched }, names)).toContain(said);
});
