import { expect, test } from 'vitest';
import { createTimeline, type TimelineFact } from '#core/timeline.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { createExpect } from '#harness/expectations/create-expect.ts';
import { readKeyLedger } from '#harness/ledger/read-key-ledger.ts';

const FIRST = 'AKIAIOSFODNN7EXAMPLE';
const SECOND = 'AKIAI44QH8DHBEXAMPLE';

type Happening = readonly [second: number, fact: TimelineFact];

const request = (second: number, signer: string | undefined, code?: string): Happening => {
  const authorization = `AWS4-HMAC-SHA256 Credential=${signer}/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00`;
  const head = {
    method: 'POST',
    target: '/',
    httpVersion: '1.1',
    headers: signer === undefined ? [] : ['X-Amz-Date', '20260101T000000Z', 'Authorization', authorization],
  } as const;
  const isAccepted = code === undefined;
  return [
    second,
    {
      type: 'verdict',
      service: 'lambda',
      awsRequestId: `r${second}`,
      received: head,
      checked: head,
      edgeChanges: [],
      accepted: isAccepted,
      status: isAccepted ? 200 : 403,
      ...(isAccepted ? {} : { code }),
    },
  ];
};
const change = (second: number, action: 'deactivated' | 'deleted' | 'activated', accessKeyId: string): Happening => [
  second,
  { type: 'access-key', action, accessKeyId, user: 'istio-lambda' },
];

async function tell(...happenings: readonly Happening[]) {
  const clock = createVirtualClock();
  const start = clock.now();
  const timeline = createTimeline(clock);
  for (const [second, fact] of happenings) {
    await clock.sleep(start + second * 1000 - clock.now());
    timeline.emit({ ...fact, source: 'mock-aws' });
  }
  const check = createExpect({
    clock,
    timeline,
    explainCall: () => undefined,
    findSecretAccessKey: () => undefined,
    reportExplanation: () => {},
    runAsStep: (_, action) => action(),
  });
  return { ledger: readKeyLedger(timeline.events(), 'lambda'), check, start };
}

const RESTARTED = [request(1, FIRST), request(11, FIRST), request(31, SECOND), change(32, 'deactivated', FIRST)];

test('has an entry for each key, in order of first use, with the gap between them', async () => {
  const { ledger, start } = await tell(...RESTARTED);
  expect(ledger.keys).toEqual([
    { accessKeyId: FIRST, firstAt: start + 1000, lastAt: start + 11_000, requests: 2, failures: [], gapMs: undefined },
    { accessKeyId: SECOND, firstAt: start + 31_000, lastAt: start + 31_000, requests: 1, failures: [], gapMs: 20_000 },
  ]);
  expect(ledger.endOf(FIRST)).toBe(start + 32_000);
});

test('counts a key as valid again when it is activated again', async () => {
  const { ledger } = await tell(change(1, 'deactivated', FIRST), change(2, 'activated', FIRST));
  expect(ledger.endOf(FIRST)).toBeUndefined();
});

test('counts keys of a session as valid until whoever fetched them was told they would end', async () => {
  const expiresAt = Date.UTC(2026, 0, 1, 1);
  const fact: TimelineFact = {
    type: 'credential',
    provider: 'web-identity',
    outcome: 'found',
    accessKeyId: SECOND,
    expiresAt,
  };
  const { ledger } = await tell([1, fact]);
  expect(ledger.endOf(SECOND)).toBe(expiresAt);
});

test('keeps its expectations where nothing failed while the old key was valid, nothing was unsigned, and both keys signed', async () => {
  const { ledger, check } = await tell(...RESTARTED, request(33, FIRST, 'UnrecognizedClientException'));
  expect(() => {
    check(ledger).toHaveNoFailureWhileValid(FIRST);
    check(ledger).toHaveNoUnsignedRequest();
    check(ledger).toBeSignedBy(FIRST, SECOND);
  }).not.toThrow();
});

test.each([
  [
    'a failure while the key was valid',
    [...RESTARTED.slice(0, 2), request(20, SECOND, 'UnrecognizedClientException')],
    /no failed request while AKIAIOSFODNN7EXAMPLE is valid, got 1 of 3, the first at 2026-01-01T00:00:20\.000Z, signed by AKIAI44QH8DHBEXAMPLE and refused with UnrecognizedClientException$/,
    'toHaveNoFailureWhileValid',
  ],
  [
    'an unsigned request',
    [request(1, undefined, 'MissingAuthenticationTokenException')],
    /expected no unsigned request, got 1 of 1, the first at .+, unsigned and refused with Missing/,
    'toHaveNoUnsignedRequest',
  ],
  [
    'another signer',
    [request(1, SECOND)],
    /signed by AKIAIOSFODNN7EXAMPLE.+got none by AKIAIOSFODNN7EXAMPLE$/,
    'toBeSignedBy',
  ],
  ['silence', [], /got no request to lambda at all$/, 'toHaveNoFailureWhileValid'],
] as const)('does not hold with %s', async (_title, happenings, message, matcher) => {
  const { ledger, check } = await tell(...happenings);
  expect(() =>
    matcher === 'toHaveNoUnsignedRequest' ? check(ledger)[matcher]() : check(ledger)[matcher](FIRST),
  ).toThrow(message);
});

test('refuses a value that is no ledger', async () => {
  const { check } = await tell();
  expect(() => check({}).toHaveNoUnsignedRequest()).toThrow(
    'Failed to check "toHaveNoUnsignedRequest": the value is not what ledger() gives',
  );
});
