import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { OWN_SCENARIOS } from '#harness/cli/own-scenarios.ts';
import { findScenarioFiles, loadScenario } from '#harness/discover.ts';
import { CATALOGUE_EXCEPTIONS } from './catalogue-exceptions.ts';
import { createCatalogue, readKnownFailures } from './create-catalogue.ts';

const failures = readKnownFailures(readFileSync('docs/reference/gateways.md', 'utf8'));
const scenarios = await Promise.all(findScenarioFiles(OWN_SCENARIOS).map(loadScenario));

/** Rows about Envoy and Istio; those of Gloo and APISIX follow with their gateways. */
const OF_ENVOY_AND_ISTIO = failures.filter(({ id }) => id <= 'B65');

test('the catalogue has every row of the reference', () => {
  expect(OF_ENVOY_AND_ISTIO.map(({ id }) => Number(id.slice(1)))).toEqual(
    Array.from({ length: 65 }, (_, index) => index + 1),
  );
});

test('every row has a scenario, or says why it has none', () => {
  const unaccounted = OF_ENVOY_AND_ISTIO.filter(
    ({ id }) => !(id in CATALOGUE_EXCEPTIONS) && !scenarios.some(({ tags }) => tags.includes(id)),
  );
  expect(unaccounted.map(({ id }) => id)).toEqual([]);
});

test('a scenario names only rows that exist', () => {
  const known = new Set(failures.map(({ id }) => id));
  const unknown = scenarios.flatMap(({ tags }) => tags.filter((tag) => /^B\d+$/.test(tag) && !known.has(tag)));
  expect(unknown).toEqual([]);
});

test('docs/catalogue.md is what the scenario files give (npm run catalogue writes it)', async () => {
  const page = createCatalogue({ failures: OF_ENVOY_AND_ISTIO, scenarios, exceptions: CATALOGUE_EXCEPTIONS });
  await expect(page).toMatchFileSnapshot('../../docs/catalogue.md');
});
