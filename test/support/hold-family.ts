import { expect, test } from 'vitest';
import { OWN_SCENARIOS } from '#harness/cli/own-scenarios.ts';
import { findScenarioFiles, loadScenario, selectScenarioFiles } from '#harness/discover.ts';
import { runEmbedded } from './run-embedded.ts';

/** The secret that most scenarios sign with: AWS's documentation prints it. */
const KNOWN_SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

/**
 * Tests of one family: every scenario holds, fails without its fix (or its fault, if nothing is repaired), leaves nothing open, shows
 * no secret, and is decided by its seed alone.
 */
export async function holdFamily(family: string): Promise<void> {
  const files = selectScenarioFiles(findScenarioFiles(OWN_SCENARIOS), [family]);
  const scenarios = await Promise.all(files.map(loadScenario));
  const eventsAlone = new Map<string, string>();
  const rows = scenarios.map((scenario) => [scenario.name, scenario] as const);

  test.each(rows)('%s holds', async (name, scenario) => {
    const { result, text } = await runEmbedded(scenario);
    eventsAlone.set(name, text);
    expect(result.failure?.message).toBeUndefined();
    expect(result).toMatchObject({ outcome: 'passed', leaks: [] });
    expect(text.includes(KNOWN_SECRET)).toBe(false);
    expect(scenario.source.length).toBeGreaterThan(0);
    expect(scenario.title).toMatch(/^[A-Z].*[^.]$/);
  });

  test.each(rows)('%s fails without its fix or fault', async (name, scenario) => {
    const without = eventsAlone.get(name)?.includes('"role":"fix"') === true ? 'fix' : 'fault';
    const { result } = await runEmbedded(scenario, { without });
    expect(result).toMatchObject({ outcome: 'failed', failure: { code: 'EXPECTATION_FAILED' }, leaks: [] });
  });

  test(`the scenarios of ${family} give the same bytes side by side as alone`, async () => {
    const together = await Promise.all(scenarios.map((scenario) => runEmbedded(scenario)));
    const changed = scenarios.filter(({ name }, index) => eventsAlone.get(name) !== together[index]?.text);
    expect(changed.map(({ name }) => name)).toEqual([]);
  });
}
