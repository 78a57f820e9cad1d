import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestCertificates } from './certificates.ts';
import { ENVOY_VERSION, findEnvoyBinary } from './envoy-binary.ts';
import { explainDifference, KNOWN_DIFFERENCES } from './known-differences.ts';
import { compareObservations } from './observation.ts';
import { writeReport, type CaseResult } from './report.ts';
import { startSide, type Side } from './side.ts';
import { envoyCommand, signingProxyCommand } from './start-proxy-process.ts';
import { SUITES } from './suites.ts';

const DIALECT = 'envoy-1.40';
const REPORT = fileURLToPath(new URL('../../docs/conformance.md', import.meta.url));
const CASES = SUITES.reduce((count, { cases }) => count + cases.length, 0);

const envoyBinary = await findEnvoyBinary();
const isMissing = 'missing' in envoyBinary;
const results: CaseResult[] = [];
let envoy: Side | undefined;
let ours: Side | undefined;

beforeAll(async () => {
  if (isMissing) return;
  const certificates = await createTestCertificates();
  envoy = await startSide(SUITES, certificates, envoyCommand(envoyBinary.path));
  ours = await startSide(SUITES, certificates, signingProxyCommand(DIALECT));
});

afterAll(async () => {
  await envoy?.[Symbol.asyncDispose]();
  await ours?.[Symbol.asyncDispose]();
});

// A skipped suite's name says why.
const reason = isMissing ? ` (skipped: ${envoyBinary.missing})` : '';

describe.skipIf(isMissing).each(SUITES)(`$name${reason}`, (suite) => {
  test.for(suite.cases)('$name', async (testCase) => {
    if (envoy === undefined || ours === undefined) throw new Error('the proxies did not start');
    const [theirs, own] = await Promise.all([envoy.run(suite, testCase), ours.run(suite, testCase)]);
    const differences = compareObservations(theirs, own).map((difference) => ({
      difference,
      known: explainDifference(`${suite.name}: ${testCase.name}`, difference),
    }));
    expect(differences.filter(({ known }) => known === undefined).map(({ difference }) => difference)).toEqual([]);
    results.push({
      suite: suite.name,
      name: testCase.name,
      differences: differences.flatMap(({ difference, known }) => (known === undefined ? [] : [{ difference, known }])),
    });
  });
});

describe.skipIf(isMissing)('known differences', () => {
  test('each of them still occurs', ({ skip }) => {
    if (results.length < CASES) skip('not every case was run');
    const seen = new Set(results.flatMap(({ differences }) => differences.map(({ known }) => known)));
    expect(KNOWN_DIFFERENCES.filter((known) => !seen.has(known)).map(({ reason: gone }) => gone)).toEqual([]);
  });

  test('docs/conformance.md tells them all', async ({ skip }) => {
    if (results.length < CASES) skip('not every case was run');
    const options = await resolveConfig(REPORT);
    const report = await format(writeReport(SUITES, results, ENVOY_VERSION), { ...options, parser: 'markdown' });
    await expect(report).toMatchFileSnapshot(REPORT);
  });
});
