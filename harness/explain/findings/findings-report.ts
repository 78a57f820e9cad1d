import { describeCause } from '../causes.ts';
import type { RequestJson } from '../create-request-json.ts';
import { hideSecrets } from '../hide-secrets.ts';
import { renderLabelled } from '../text-layout.ts';
import type { Finding, Findings } from './finding.ts';

/** Lines that tell the same. */
interface Group {
  readonly first: Finding;
  readonly sentence: string;
  readonly fix: string;
  readonly lines: readonly number[];
}

const LABEL_WIDTH = 11;
const MOST_GROUPS = 8;

/** What was found as lines: what was read, then each cause once, the most frequent first. */
export function renderFindings({ read, findings }: Findings, repairs: readonly string[]): string[] {
  const groups = groupFindings(findings);
  const label = (name: string, clauses: readonly string[]) =>
    clauses.length === 0 ? [] : renderLabelled(name, clauses, LABEL_WIDTH);
  const rest = groups.length - MOST_GROUPS;
  return [
    ...label('read', [read]),
    ...label('repaired', repairs),
    ...(groups.length === 0 ? label('verdict', ['nothing in it failed']) : []),
    ...groups
      .slice(0, MOST_GROUPS)
      .flatMap((group, index) => [
        ...(index === 0 ? [] : ['']),
        ...label('verdict', [describeVerdict(group.first), hideSecrets(group.sentence)]),
        ...label('proof', [`${group.first.grade}: ${hideSecrets(group.first.told)}`, describeLines(group.lines)]),
        ...label('fix', [group.fix]),
      ]),
    ...(rest > 0 ? ['', `and ${rest} more; --json has them all`] : []),
  ];
}

function describeVerdict({ cause, grade }: Finding): string {
  return cause === grade ? cause : `${grade}: ${cause}`;
}

function describeLines(lines: readonly number[]): string {
  const [first = 0] = lines;
  return lines.length === 1 ? `(line ${first})` : `(line ${first}, and ${lines.length - 1} more that say the same)`;
}

/** The fields of a judged request for the most frequent cause, and all causes as `findings`. */
export function createFindingsJson({ findings }: Findings): RequestJson & { readonly findings: readonly object[] } {
  const groups = groupFindings(findings);
  const [first] = groups;
  return {
    verdict: first === undefined ? 'accepted' : 'refused',
    code: null,
    message: null,
    canonicalRequest: null,
    stringToSign: null,
    cause: first?.first.cause ?? null,
    grade: first?.first.grade ?? null,
    sentence: first === undefined ? null : hideSecrets(first.sentence),
    proof: first === undefined ? [] : [hideSecrets(first.first.told)],
    fix: first?.fix ?? null,
    header: null,
    pathRule: null,
    service: null,
    region: null,
    accessKeyId: null,
    searched: { singles: 0, pairs: 0 },
    ruledOut: [],
    edgeChanges: [],
    warnings: [],
    findings: groups.map(({ first: { cause, grade, told }, sentence, fix, lines }) => ({
      cause,
      grade,
      sentence: hideSecrets(sentence),
      proof: [hideSecrets(told)],
      fix,
      lines,
    })),
  };
}

function groupFindings(findings: readonly Finding[]): Group[] {
  const groups = new Map<string, { first: Finding; sentence: string; fix: string; lines: number[] }>();
  for (const finding of findings) {
    const key = `${finding.cause} ${finding.facts.upstreamCluster ?? ''} ${finding.facts.answeredBy ?? ''} ${finding.facts.resourceType ?? ''} ${finding.facts.credential ?? ''}`;
    const group = groups.get(key);
    if (group === undefined)
      groups.set(key, { first: finding, ...describeCause(finding.cause, finding.facts), lines: [finding.line] });
    else group.lines.push(finding.line);
  }
  // What has a cause comes before what has none, then what was seen more often.
  const rank = ({ first, lines }: Group) => (first.cause === 'unexplained' ? 0 : 1_000_000_000) + lines.length;
  return [...groups.values()].toSorted((left, right) => rank(right) - rank(left));
}
