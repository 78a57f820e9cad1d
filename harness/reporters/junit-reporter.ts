import type { Builder } from 'junit-report-builder';
import type { RunDescription, RunSummary, ScenarioResult } from '../results.ts';
import { createFailureLines } from './failure-lines.ts';
import type { Reporter } from './reporter.ts';

/** One test case for each scenario, written when the run ends; a failure's type is its code, its text the terminal's block. */
export function createJunitReporter(stdout: { write(text: string): unknown }): Reporter {
  let run: RunDescription | undefined;
  return {
    onRunStart(description) {
      run = description;
    },
    async onRunEnd(summary) {
      stdout.write(`${await createReport(summary, run)}\n`);
    },
  };
}

async function createReport(summary: RunSummary, run: RunDescription | undefined): Promise<string> {
  const builder = (await loadBuilder()).newBuilder();
  let failures = 0;
  for (const [family, results] of groupByFamily(summary.results)) {
    const suite = builder.testSuite().name(family);
    for (const result of results) {
      const testCase = suite.testCase().className(family).name(result.name);
      testCase.time(result.wallMs / 1_000);
      if (result.outcome === 'skipped') testCase.skipped();
      if (result.failure === undefined) continue;
      const block = createFailureLines({ ...result, failure: result.failure }, { number: ++failures, run });
      testCase.failure(result.failure.summary, result.failure.code).stacktrace(block.join('\n'));
    }
  }
  return builder.build();
}

/** The package's types describe its ES module; Node loads its CommonJS one, which is the builder itself. */
async function loadBuilder(): Promise<Builder> {
  const module: { readonly default: unknown } = await import('junit-report-builder');
  return module.default as Builder;
}

function groupByFamily(results: readonly ScenarioResult[]): Map<string, ScenarioResult[]> {
  const families = new Map<string, ScenarioResult[]>();
  for (const result of results) {
    const family = result.name.split('/', 1)[0] ?? '';
    families.set(family, [...(families.get(family) ?? []), result]);
  }
  return families;
}
