import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { MeshrigError } from '#core/errors.ts';
import type { TimelineEvent } from '#core/timeline.ts';
import { findScenarioFiles, selectScenarioFiles } from '#harness/discover.ts';
import { startScenarioWorkers } from '#harness/parallel/scenario-workers.ts';
import { runInProcess } from '../cli/support.ts';

const SCENARIOS = fileURLToPath(new URL('scenarios', import.meta.url));
const run = (...parameters: string[]) => runInProcess('run', '--scenarios', SCENARIOS, '--seed', 'a', ...parameters);

function start(names: readonly string[], signal = new AbortController().signal) {
  const files = selectScenarioFiles(findScenarioFiles(SCENARIOS), names);
  const queue = files.map((file) => ({ ...file, title: 'A title' }));
  return startScenarioWorkers(queue, { workers: 1, seed: 'a', without: undefined, importsSources: true, signal });
}

test(
  'a worker that ends fails its scenario and no other; the rest is as without workers',
  { timeout: 60_000 },
  async () => {
    const parallel = await run('--workers', '2', '--reporter', 'json', 'family/exits', 'family/holds');
    const alone = await run('--workers', '1', '--reporter', 'json', 'family/holds');
    expect(parallel).toMatchObject({ code: 6, stderr: 'exit 6   a bug in meshrig; please report it\n' });
    expect(parallel.stdout.endsWith(alone.stdout)).toBe(true);
  },
);

test('what a worker ended with is told', { timeout: 60_000 }, async () => {
  await using workers = start(['family/exits']);
  const events: TimelineEvent[] = [];
  const result = await workers.run({ name: 'family/exits' }, { onEvent: (event) => void events.push(event) });
  expect(result).toMatchObject({
    outcome: 'failed',
    failure: { code: 'BUG', message: 'Failed to run scenario "family/exits": its worker ended: exit code 3' },
  });
  expect(events.at(-1)).toMatchObject({ type: 'step-started', title: 'leave' });
});

test('what runs is stopped with the reason of the run', { timeout: 60_000 }, async () => {
  const stopping = new AbortController();
  await using workers = start(['family/waits'], stopping.signal);
  const onEvent = (event: TimelineEvent) => {
    if (event.type === 'step-started' && event.title === 'wait') stopping.abort(new MeshrigError('TIME_LIMIT', 'late'));
  };
  const result = await workers.run({ name: 'family/waits' }, { onEvent });
  expect(result).toMatchObject({ outcome: 'failed', failure: { code: 'TIME_LIMIT' } });
});
