import { readAccessLog } from './read-access-log.ts';
import type { Findings } from './finding.ts';
import { readLogLines } from './read-log-lines.ts';
import { readProxyStatus } from './read-proxy-status.ts';

/**
 * Looks through lines that hold no request for what tells a failure by itself: access logs, tables of proxy-status, log lines. Of several
 * kinds all are read; undefined when there is none.
 */
export function readFindings(text: string): Findings | undefined {
  const lines = text.split(/\r?\n/);
  const requests = readAccessLog(lines);
  const found = [readProxyStatus(lines), requests, readLogLines(lines, requests?.lines)].flatMap((part) => part ?? []);
  if (found.length === 0) return undefined;
  return { read: found.map(({ read }) => read).join('; '), findings: found.flatMap(({ findings }) => findings) };
}
