import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { MeshrigError } from '#core/errors.ts';
import type { TimelineEvent } from '#core/timeline.ts';
import { findScenarioFiles, selectScenarioFiles } from '#harness/discover.ts';
import { startScenarioWorkers, type ScenarioWorkers } from '#harness/parallel/scenario-workers.ts';
import { runEmbedded } from '#test/support/run-embedded.ts';
import holds from './scenarios/family/holds.ts';

const SCENARIOS = fileURLToPath(new URL('scenarios', import.meta.url));
const SEED = '7f3a91c2';

function startOne(names: readonly string[], signal = new AbortController().signal): ScenarioWorkers {
  const files = selectScenarioFiles(findScenarioFiles(SCENARIOS), names);
  const queue = files.map((file) => ({ ...file, title: 'A title' }));
  return startScenarioWorkers(queue, { workers: 1, seed: SEED, without: undefined, scenarios: SCENARIOS, signal });
}

async function runIn(workers: ScenarioWorkers, name: string) {
  const events: TimelineEvent[] = [];
  const result = await workers.run({ name }, { onEvent: (event) => void events.push(event) });
  return { result, events, text: events.map((event) => JSON.stringify(event)).join('\n') };
}

test('a worker that ends fails its scenario; another runs the rest, with the bytes that no worker gives', async () => {
  await using workers = startOne(['family/exits', 'family/holds']);
  const ended = await runIn(workers, 'family/exits');
  expect(ended.events.at(-1)).toMatchObject({ type: 'step-started', title: 'leave' });
  expect(ended.result).toMatchObject({
    outcome: 'failed',
    failure: { code: 'BUG', message: 'Failed to run scenario "family/exits": its worker ended: exit code 3' },
  });
  const held = await runIn(workers, 'family/holds');
  expect(held.result).toMatchObject({ outcome: 'passed', leaks: [] });
  expect(held.text).toBe((await runEmbedded(holds)).text);
});

test('what runs is stopped with the reason of the run', async () => {
  const stopping = new AbortController();
  await using workers = startOne(['family/waits'], stopping.signal);
  const onEvent = (event: TimelineEvent) => {
    if (event.type === 'step-started' && event.title === 'wait') stopping.abort(new MeshrigError('TIME_LIMIT', 'late'));
  };
  const result = await workers.run({ name: 'family/waits' }, { onEvent });
  expect(result).toMatchObject({ outcome: 'failed', failure: { code: 'TIME_LIMIT' } });
});
