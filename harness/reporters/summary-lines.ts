import { formatDuration } from '../duration.ts';
import type { RunSummary, ScenarioResult } from '../results.ts';
import { countOf } from './text-layout.ts';

/** The last lines of a run of many scenarios. */
export function createSummaryLines(summary: RunSummary): string[] {
  const { results, wallMs } = summary;
  const failed = results.filter((result) => result.outcome === 'failed');
  const leaking = results.filter((result) => result.outcome === 'passed' && result.leaks.length > 0);
  return [
    `${createCounts(results)}       ${(wallMs / 1_000).toFixed(1)}s${formatVirtual(sumVirtual(results))}`,
    ...failed.map((result) => createRow('failed', result.name, result.failure?.summary ?? '')),
    ...leaking.map((result) => createRow('leaked', result.name, describeLeaks(result.leaks))),
  ];
}

/** `left open: 1 timer and 2 more`, or nothing. */
export function describeLeaks([first, ...others]: readonly string[]): string {
  if (first === undefined) return '';
  return others.length === 0 ? `left open: ${first}` : `left open: ${first} and ${others.length} more`;
}

/** ` (virtual 2.1s)`, or nothing when no virtual time went by. */
export function formatVirtual(virtualMs: number): string {
  return virtualMs === 0 ? '' : ` (virtual ${formatDuration(virtualMs)})`;
}

function createCounts(results: readonly ScenarioResult[]): string {
  const count = (outcome: ScenarioResult['outcome']) => results.filter((result) => result.outcome === outcome).length;
  const parts = [countOf(results.length, 'scenario'), `${count('passed')} passed`];
  if (count('failed') > 0) parts.push(`${count('failed')} failed`);
  if (count('skipped') > 0) parts.push(`${count('skipped')} skipped`);
  return parts.join('   ');
}

function createRow(word: string, name: string, note: string): string {
  return `${word.padEnd(8)} ${name.padEnd(34)}  ${note}`.trimEnd();
}

function sumVirtual(results: readonly ScenarioResult[]): number {
  return results.reduce((sum, result) => sum + result.virtualMs, 0);
}
