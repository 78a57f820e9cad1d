import { expect, test } from 'vitest';
import { MeshrigError } from '#core/errors.ts';
import type { ExplanationOfCall } from '#core/timeline.ts';
import { createFakeBackend } from '../support/fake-backend.ts';
import { eastScenario, textOf } from '../support/run-for-test.ts';

const EXPLANATION: ExplanationOfCall = {
  cause: 'host-port',
  grade: 'proved',
  header: 'host',
  sentence: 'Host was signed with a port; AWS checks it without one.',
  where: 'signed at hop 3, proxy "ingress", filter aws_lambda; changed at hop 4, aws edge',
  proof: [
    'proved: the signature sent matches if host is read as "r1.example.com:9080"',
    '(211 other single changes did not match)',
  ],
  fix: 'set strip_any_host_port on listener "ingress", or rewrite the host in route "cat"',
  details: ['Path', '  1  curl               GET  /cat'],
};

const refusing = createFakeBackend({ answer: (_, at) => ({ status: at < 2_000 ? 403 : 200 }) });

const callsCat = eastScenario(async ({ east, step, expect: check }) => {
  const forward = await step('forward 127.0.0.1:9080 to ingress:80', () => east.portForward(9080, 'ingress', 80));
  const refused = await step('GET /cat', () => forward.get('/cat'));
  check(refused).toBeExplainedBy('host-port');
  check(await forward.get('/cat')).toBeExplainedBy('host-port');
  await check.eventually(() => forward.get('/cat')).toHaveStatus(200);
}, 'port-forward/host-with-port');

test('shows the steps of a scenario that runs alone, and why a refusal was expected', async () => {
  const text = await textOf([callsCat], { backend: refusing, explainCall: () => EXPLANATION, seed: '7f3a91c2' });
  expect(text).toBe(`\
fake  node 20  seed 7f3a91c2
port-forward/host-with-port   A title
  ok  1  start cluster "east"                           0ms
  ok  2  forward 127.0.0.1:9080 to ingress:80           0ms
  ok  3  GET /cat                                       0ms  403
         Why    Host was signed with a port; AWS checks it without one.
         Where  signed at hop 3, proxy "ingress", filter aws_lambda; changed at
                hop 4, aws edge
         Proof  proved: the signature sent matches if host is read as
                "r1.example.com:9080"
                (211 other single changes did not match)
         Fix    set strip_any_host_port on listener "ingress", or rewrite the
                host in route "cat"
         Why    host-port, as above (proved)
  ok  4  eventually to have status 200                  0ms  virtual 2.0s, 21 requests
PASS  0.00s (virtual 2.0s)
`);
});

const expectsTooMuch = eastScenario(async ({ east, step, expect: check }) => {
  const forward = await east.portForward(9080, 'ingress', 80);
  await step('GET /cat', async () => check(await forward.get('/cat')).toHaveStatus(200));
}, 'port-forward/host-with-port');

test('ends a scenario that failed with one page to act on', async () => {
  const text = await textOf([expectsTooMuch], { backend: refusing, explainCall: () => EXPLANATION });
  expect(text.replace(/:\d+:\d+$/m, ':L:C')).toBe(`\
fake  node 20  seed seed
port-forward/host-with-port   A title
  ok  1  start cluster "east"                           0ms
FAIL  2  GET /cat                                       0ms

1) port-forward/host-with-port          test/harness/reporters/terminal-reporter.test.ts:L:C
   Step 2, GET /cat: expected status 200, got 403
   Why    Host was signed with a port; AWS checks it without one.
   Where  signed at hop 3, proxy "ingress", filter aws_lambda; changed at hop 4,
          aws edge
   Proof  proved: the signature sent matches if host is read as
          "r1.example.com:9080"
          (211 other single changes did not match)
   Fix    set strip_any_host_port on listener "ingress", or rewrite the host in
          route "cat"

   Path
     1  curl               GET  /cat

   Again  make scenario NAME=port-forward/host-with-port SEED=seed

FAIL  0.00s  signature: host-port
`);
});

test('shows one line for each of many scenarios, and counts them', async () => {
  const passes = eastScenario(async ({ clock, expect: check }) => {
    await clock.sleep(3_720_000);
    check(1).toBe(1);
  }, 'key-rotation/new-key-is-used');
  const text = await textOf([passes, expectsTooMuch], { backend: refusing, explainCall: () => EXPLANATION });
  const lines = text.split('\n');
  expect(lines.slice(0, 3)).toEqual([
    'fake  node 20  seed seed',
    'PASS  key-rotation/new-key-is-used                  0.00s  virtual 1h02m',
    'FAIL  port-forward/host-with-port                   0.00s  signature: host-port',
  ]);
  expect(lines.slice(-3)).toEqual([
    '2 scenarios   1 passed   1 failed       0.0s (virtual 1h02m)',
    'failed   port-forward/host-with-port         signature: host-port',
    '',
  ]);
});

test('names what was left open', async () => {
  const holds = eastScenario(async ({ expect: check }) => check(1).toBe(1));
  const leave = (...leaks: string[]) => textOf([holds], { backend: createFakeBackend({ leaks }) });
  expect(await leave('1 timer')).toMatch(/LEAK {2}0\.00s {2}left open: 1 timer\n$/);
  expect(await leave('1 timer', 'connection to 10.42.0.5:8080')).toMatch(
    /LEAK {2}0\.00s {2}left open: 1 timer and 1 more\n {6}1 timer\n {6}connection to 10\.42\.0\.5:8080\n$/,
  );
});

test('shows a mistake in a manifest where it is', async () => {
  const mistake = new MeshrigError('INVALID_MANIFEST', 'unknown field "perTryTimout" in "retries"', {
    location: {
      file: 'per-try.yaml',
      line: 14,
      column: 5,
      snippet: '  14 |     perTryTimout: 10s\n     |     ^^^^^^^^^^^^',
    },
  });
  const backend = createFakeBackend({ onStart: () => Promise.reject(mistake) });
  const text = await textOf([expectsTooMuch], { backend });
  expect(text).toContain(`
1) port-forward/host-with-port          per-try.yaml:14:5
   Step 1, start cluster "east": unknown field "perTryTimout" in "retries"
     14 |     perTryTimout: 10s
        |     ^^^^^^^^^^^^
`);
});

test('shows a diff where a phrase does not say it', async () => {
  const differs = eastScenario(async ({ expect: check }) => check({ a: 1, b: 2 }).toEqual({ a: 1, b: 3 }));
  expect(await textOf([differs])).toContain(`
   - expected
   + got

     {
       "a": 1,
   -   "b": 3,
   +   "b": 2,
     }
`);
});

test('colors status words when asked to, and only then', async () => {
  const holds = eastScenario(async ({ expect: check }) => check(1).toBe(1));
  const colored = await textOf([holds], { environment: { FORCE_COLOR: '1' } });
  const plain = await textOf([holds], { environment: { FORCE_COLOR: '1', NO_COLOR: '1' } });
  expect(colored).toContain('\u001b[32mPASS  \u001b[39m');
  expect(plain).not.toContain('\u001b');
});
