import type { Finding, Findings } from './finding.ts';

const TYPES = new Set(['CDS', 'LDS', 'EDS', 'RDS', 'ECDS']);

/**
 * Reads the table of `istioctl proxy-status`, in the columns of whichever release; undefined when there is none. What is SYNCED or was
 * never sent is no finding.
 */
export function readProxyStatus(lines: readonly string[]): Findings | undefined {
  const header = lines.findIndex((line) => /^\s*NAME\s+.*\b(?:CDS|ISTIOD|PILOT)\b/.test(line));
  if (header === -1) return undefined;
  const names = splitCells(lines[header] ?? '');
  const findings: Finding[] = [];
  let proxies = 0;
  for (let index = header + 1; index < lines.length; index += 1) {
    const cells = splitCells(lines[index] ?? '');
    if (cells.length < 3 || cells.length > names.length) break;
    proxies += 1;
    findings.push(
      ...names.flatMap((name, column) =>
        readCell({ name, text: cells[column] ?? '', proxy: cells[0] ?? '', line: index + 1 }),
      ),
    );
  }
  if (proxies === 0) return undefined;
  const read = `${proxies === 1 ? '1 proxy' : `${proxies} proxies`} of istioctl proxy-status, ${
    findings.length === 0 ? 'none is behind with what it was sent' : `${findings.length} not in sync`
  }`;
  return { read, findings };
}

/** `STALE (Never Acknowledged)` is one cell: two blanks or a tab stand between cells. */
function splitCells(line: string): string[] {
  return line
    .trim()
    .split(/\s{2,}|\t+/)
    .filter((cell) => cell !== '');
}

interface Cell {
  /** Of its column. */
  readonly name: string;
  readonly text: string;
  readonly proxy: string;
  readonly line: number;
}

function readCell({ name, text, proxy, line }: Cell): Finding[] {
  if (!TYPES.has(name)) return [];
  const facts = { answeredBy: `proxy "${proxy}"`, resourceType: name };
  const told = `proxy-status calls ${name} of ${proxy} ${text}`;
  if (text.startsWith('STALE')) return [{ line, cause: 'push-not-acked', grade: 'consistent', facts, told }];
  if (text.startsWith('ERROR')) return [{ line, cause: 'push-rejected', grade: 'consistent', facts, told }];
  return [];
}
