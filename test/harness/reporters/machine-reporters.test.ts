import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createEventFileReporter } from '#harness/reporters/event-file-reporter.ts';
import { createJsonReporter } from '#harness/reporters/json-reporter.ts';
import { createJunitReporter } from '#harness/reporters/junit-reporter.ts';
import { eastScenario, runForTest, TextSink } from '../support/run-for-test.ts';

const passes = eastScenario(async ({ clock, step, expect: check }) => {
  await step('wait', () => clock.sleep(500));
  check(1).toBe(1);
}, 'family/passes');
const fails = eastScenario(async ({ expect: check }) => check('<a>').toBe('\u0000]]>'), 'family/fails');

test('JSON lines are the events and nothing else', async () => {
  const stdout = new TextSink();
  await runForTest([passes], { reporters: [createJsonReporter(stdout)] });
  expect(stdout.text).toBe(`\
{"seq":1,"at":1767225600000,"type":"run-started","source":"runner","seed":"seed","backend":"fake"}
{"seq":2,"at":1767225600000,"type":"scenario-started","source":"runner","scenario":"family/passes","title":"A title"}
{"seq":3,"at":1767225600000,"type":"step-started","source":"runner","step":1,"title":"start cluster \\"east\\""}
{"seq":4,"at":1767225600000,"type":"step-finished","source":"runner","step":1,"title":"start cluster \\"east\\"","outcome":"ok"}
{"seq":5,"at":1767225600000,"type":"step-started","source":"runner","step":2,"title":"wait"}
{"seq":6,"at":1767225600000,"type":"clock-jump","source":"clock","from":1767225600000,"to":1767225600500}
{"seq":7,"at":1767225600500,"type":"step-finished","source":"runner","step":2,"title":"wait","outcome":"ok","note":"virtual 500ms"}
{"seq":8,"at":1767225600500,"type":"expectation","source":"scenario","text":"to be 1","outcome":"held"}
{"seq":9,"at":1767225600500,"type":"scenario-finished","source":"runner","scenario":"family/passes","outcome":"passed","virtualMs":500}
`);
});

test('JUnit has one case for each scenario, with the code as the type of a failure', async () => {
  const stdout = new TextSink();
  await runForTest([passes, fails], { reporters: [createJunitReporter(stdout)] });
  const text = stdout.text.replace(/time="[\d.]+"/g, 'time="T"').replace(/\.ts:\d+:\d+/, '.ts:L:C');
  expect(text).toBe(`\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="1" errors="0" skipped="0">
  <testsuite name="family" tests="2" failures="1" errors="0" skipped="0">
    <testcase classname="family" name="family/passes" time="T"/>
    <testcase classname="family" name="family/fails" time="T">
      <failure message="expected '&lt;a>' to be '\\u0000]]>' // Object.is equality" type="EXPECTATION_FAILED"><![CDATA[1) family/fails                         test/harness/reporters/machine-reporters.test.ts:L:C
   After step 1: expected '<a>' to be '\\u0000]]]]><![CDATA[>' // Object.is equality

   Again  make scenario NAME=family/fails SEED=seed]]></failure>
    </testcase>
  </testsuite>
</testsuites>
`);
});

test('the event file of a scenario holds its own events only', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshrig-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await runForTest([fails, passes], { reporters: [createEventFileReporter(folder)] });
  const read = (name: string) =>
    readFileSync(join(folder, name, 'events.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
  expect(read('family/passes')).toHaveLength(9);
  expect(JSON.parse(read('family/fails').at(-1) ?? '')).toMatchObject({ scenario: 'family/fails', outcome: 'failed' });
});
