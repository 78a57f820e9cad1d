import { expect, test } from 'vitest';
import { createTimeline, type TimelineFact } from '#core/timeline.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import type { CallResult } from '#harness/backends/backend.ts';
import { rememberFailedCall } from '#harness/backends/failed-call.ts';
import { createExpect } from '#harness/expectations/create-expect.ts';
import type { ExplanationOfCall } from '#core/timeline.ts';
import type { ScenarioExpect } from '#harness/expectations/scenario-expect.ts';
import { createResult } from '../support/fake-backend.ts';

const MISMATCH =
  '{"message":"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}';
const HEAD = { method: 'POST', target: '/', httpVersion: '1.1' } as const;

interface Facts {
  readonly service?: string;
  readonly accepted?: boolean;
  readonly explanation?: ExplanationOfCall;
  readonly received?: readonly string[];
}

/** A timeline on which request "r1" got a verdict. */
function setup(facts: Facts = {}) {
  const clock = createVirtualClock();
  const timeline = createTimeline(clock);
  const request = { ...HEAD, headers: facts.received ?? ['Authorization', 'AWS4-HMAC-SHA256 ...'] };
  const verdict: TimelineFact = {
    type: 'verdict',
    service: facts.service ?? 'lambda',
    awsRequestId: 'r1',
    received: request,
    checked: request,
    edgeChanges: [],
    accepted: facts.accepted ?? false,
    status: facts.accepted === true ? 200 : 403,
    ...(facts.accepted === true ? {} : { code: 'InvalidSignatureException' }),
  };
  timeline.emit({ ...verdict, source: 'mock-aws' });
  const check = createExpect({
    clock,
    timeline,
    explainCall: () => facts.explanation,
    findSecretAccessKey: () => undefined,
    reportExplanation: () => {},
    runAsStep: (_, action) => action(),
  });
  return { check, timeline };
}

function answer(change: Partial<CallResult> & { readonly text?: never } = {}): CallResult {
  return createResult({
    callId: 1,
    method: 'GET',
    path: '/cat',
    status: 403,
    headers: ['x-amzn-RequestId', 'r1', 'x-amzn-ErrorType', 'InvalidSignatureException'],
    body: Buffer.from(MISMATCH),
    ...change,
  });
}

function testMatcher(name: string, run: (check: ScenarioExpect) => void, failure?: string, facts: Facts = {}) {
  test(name, () => {
    const { check } = setup(facts);
    expect(messageOf(() => run(check))).toBe(failure);
  });
}

function messageOf(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const refused = (check: ScenarioExpect, change: Parameters<typeof answer>[0] = {}) =>
  check(answer(change)).toBeRefusedBy('lambda', 'InvalidSignatureException');
const REFUSED = 'GET /cat: expected refused by lambda with 403 InvalidSignatureException, got';

test("Lambda's mismatch has 192 bytes", () => expect(Buffer.byteLength(MISMATCH)).toBe(192));

testMatcher('a status holds', (check) => check(answer()).toHaveStatus(403));
testMatcher(
  'another status fails with the code that AWS gave',
  (check) => check(answer()).toHaveStatus(200),
  'GET /cat: expected status 200, got 403 InvalidSignatureException',
);
testMatcher('a status can be excluded', (check) => check(answer()).not.toHaveStatus(200));
testMatcher(
  'an excluded status fails',
  (check) => check(answer()).not.toHaveStatus(403),
  'GET /cat: expected anything but status 403, got 403 InvalidSignatureException',
);
testMatcher('a body holds as text', (check) => check(answer({ body: Buffer.from('meow') })).toHaveBody('meow'));
testMatcher('a body holds by pattern', (check) => check(answer()).toHaveBody(/does not match/));
testMatcher('a body holds as JSON', (check) => check(answer({ body: Buffer.from('{"a":1}') })).toHaveBody({ a: 1 }));
testMatcher(
  'another body fails with both',
  (check) => check(answer({ body: Buffer.from('woof') })).toHaveBody('meow'),
  'GET /cat: expected body "meow", got "woof"',
);
testMatcher('a header holds, whatever its case', (check) => check(answer()).toHaveHeader('X-Amzn-RequestID', 'r1'));
testMatcher(
  'a missing header fails',
  (check) => check(answer()).toHaveHeader('server'),
  'GET /cat: expected header "server", got no such header',
);

testMatcher('a refusal with status, type and text of AWS holds', (check) => refused(check));
testMatcher(
  'a refusal with another status fails',
  (check) => refused(check, { status: 400 }),
  `${REFUSED} 400 InvalidSignatureException`,
);
testMatcher(
  'a refusal with one byte more in its body fails',
  (check) => refused(check, { body: Buffer.from(`${MISMATCH}\n`) }),
  `${REFUSED} body ${JSON.stringify(`${MISMATCH}\n`)}`,
);
testMatcher(
  'a 403 that came from no AWS service fails',
  (check) => refused(check, { headers: ['x-amzn-ErrorType', 'InvalidSignatureException'] }),
  `${REFUSED} 403 InvalidSignatureException that no AWS service sent`,
);
testMatcher(
  'a refusal by another service fails',
  (check) => refused(check),
  `${REFUSED} 403 InvalidSignatureException from sts`,
  { service: 'sts' },
);

testMatcher('an accepted signature holds', (check) => check(answer()).toBeAcceptedBy('lambda'), undefined, {
  accepted: true,
});
testMatcher(
  'a refused signature is not accepted',
  (check) => check(answer()).toBeAcceptedBy('lambda'),
  'GET /cat: expected a signature accepted by lambda, got refused by lambda: InvalidSignatureException',
);
testMatcher('a call without Authorization is unsigned', (check) => check(answer()).toBeLeftUnsigned(), undefined, {
  received: ['Host', 'lambda.us-east-1.amazonaws.com'],
});
testMatcher(
  'a signed call is not unsigned',
  (check) => check(answer()).toBeLeftUnsigned(),
  'GET /cat: expected a call that reached AWS unsigned, got a signed call',
);

const HOST_PORT = {
  cause: 'host-port',
  grade: 'proved',
  header: 'host',
  sentence: 'Host was signed with a port.',
} as const;

testMatcher(
  'the cause, grade and header of an explanation hold',
  (check) => check(answer()).toBeExplainedBy('host-port', { header: 'Host' }),
  undefined,
  { explanation: HOST_PORT },
);
testMatcher(
  'another cause fails',
  (check) => check(answer()).toBeExplainedBy('wrong-region'),
  'GET /cat: expected explained by wrong-region (proved), got host-port of header "host" (proved): Host was signed with a port.',
  { explanation: HOST_PORT },
);
testMatcher(
  'a lower grade fails unless it is asked for',
  (check) => {
    check(answer()).toBeExplainedBy('host-port', { grade: 'likely' });
    check(answer()).toBeExplainedBy('host-port');
  },
  'GET /cat: expected explained by host-port (proved), got host-port of header "host" (likely): Host was signed with a port.',
  { explanation: { ...HOST_PORT, grade: 'likely' } },
);

testMatcher(
  'what a failed call threw can be explained',
  (check) => check(failedCall()).toBeExplainedBy('host-port'),
  undefined,
  { explanation: HOST_PORT },
);
testMatcher(
  'a failed call that nobody explains fails with its own words',
  (check) => check(failedCall()).toBeExplainedBy('connect-timeout'),
  'GET /cat: expected explained by connect-timeout (proved), got read ECONNRESET, nothing to explain',
);
testMatcher(
  'an error that no call threw makes the scenario invalid',
  (check) => check(new Error('read ECONNRESET')).toBeExplainedBy('connect-timeout'),
  'Failed to check "toBeExplainedBy": the value is neither the answer of a call nor what one threw',
);

function failedCall(): Error {
  const error = new Error('read ECONNRESET');
  rememberFailedCall(error, { callId: 1, method: 'GET', path: '/cat', message: error.message });
  return error;
}

testMatcher(
  'a value that is no answer makes the scenario invalid',
  (check) => check(42).toHaveStatus(200),
  'Failed to check "toHaveStatus": the value is not the answer of a call',
);
testMatcher('the matchers of Vitest work', (check) =>
  check({ a: [1, 'text'] }).toMatchObject({ a: [1, check.stringContaining('ex')] }),
);
testMatcher(
  'an unknown matcher says so',
  (check) => Reflect.get(check(1), 'toBeFine')(),
  'Invalid Chai property: toBeFine',
);

test('every expectation is on the timeline, in words', () => {
  const { check, timeline } = setup();
  check(answer()).not.toHaveStatus(200);
  expect(() => check(answer()).toHaveHeader('server')).toThrow('no such header');
  expect(timeline.events().slice(1)).toMatchObject([
    { type: 'expectation', text: 'not to have status 200', outcome: 'held' },
    { type: 'expectation', text: 'to have header server', outcome: 'failed' },
  ]);
});

test('an eventual expectation is one expectation, whatever was tried on the way', async () => {
  const { check, timeline } = setup();
  let status = 403;
  await check
    .eventually(() => {
      check(status).toBeGreaterThan(100);
      return answer({ status: (status -= 100) });
    })
    .toHaveStatus(203);
  expect(timeline.events().slice(1)).toMatchObject([
    { type: 'expectation', text: 'to have status 203', outcome: 'held', attempts: 2 },
  ]);
});

test('a repeated expectation that fails names the last reason and the line', async () => {
  const { check } = setup();
  const waiting = check.eventually(() => answer(), { within: '1s' }).toHaveStatus(200);
  await expect(waiting).rejects.toMatchObject({
    code: 'EXPECTATION_FAILED',
    callId: 1,
    message: 'did not hold within 1.0s (11 tries): GET /cat: expected status 200, got 403 InvalidSignatureException',
    stack: expect.stringContaining('call-matchers.test.ts') as string,
  });
});
