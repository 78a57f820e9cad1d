import { expect, test } from 'vitest';
import { findScenarioFiles, loadScenario } from '#harness/discover.ts';
import { OWN_SCENARIOS } from '#harness/cli/own-scenarios.ts';
import { runEmbedded } from '#test/support/run-embedded.ts';

const scenarios = await Promise.all(findScenarioFiles(OWN_SCENARIOS).map((file) => loadScenario(file)));

test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s holds', async (_, scenario) => {
  const { result, events } = await runEmbedded(scenario);
  expect(result.failure?.message).toBeUndefined();
  expect(result).toMatchObject({ outcome: 'passed', leaks: [] });
  expect(JSON.stringify(events)).not.toContain('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');
});

test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s names its source', (_, scenario) => {
  expect(scenario.source.length).toBeGreaterThan(0);
  expect(scenario.title).toMatch(/^[A-Z].*[^.]$/);
});
