import type { MismatchFinding } from './explain-mismatch.ts';

/** What the sentences of a proof name. */
export interface ProofNames {
  /** `lambda`, `proxy "ingress"`, ... */
  readonly checkedBy: string;
  readonly signedBy: string | undefined;
  readonly hasSecret: boolean;
}

/** What the grade of a finding rests on, one clause a line. The first starts with the grade. */
export function describeProof(finding: MismatchFinding, names: ProofNames): string[] {
  const reading = finding.changes.map((change) => change.reading).join(' and ');
  switch (finding.grade) {
    case 'proved':
      return finding.cause === 'wrong-secret' ? describeWrongSecret(names) : describeMatch(finding, reading, names);
    case 'consistent':
      return finding.cause === 'wrong-secret'
        ? [`consistent: ${signerOf(names)} signed exactly the text that ${names.checkedBy} checked`, NO_SECRET]
        : [`consistent: what ${signerOf(names)} signed is what was checked if ${reading}`, NO_SECRET];
    case 'likely':
      return ['likely: a known pattern, no more', NO_SECRET];
    case 'unexplained':
      return names.hasSecret ? describeSearch(finding) : ['unexplained: no known pattern', NO_SECRET];
  }
}

const NO_SECRET = 'no secret key: not proved';

function signerOf({ signedBy }: ProofNames): string {
  return signedBy ?? 'the signer';
}

function describeWrongSecret(names: ProofNames): string[] {
  return [
    `proved: the text that ${signerOf(names)} signed gives another signature`,
    `with the secret that ${names.checkedBy} has for this key`,
  ];
}

function describeMatch({ searched }: MismatchFinding, reading: string, names: ProofNames): string[] {
  const before = countBefore(searched);
  const checked = `to what ${names.checkedBy} checked`;
  return [
    `proved: the signature sent matches if ${reading}`,
    before === '' ? `(the first change tried ${checked})` : `(${before} ${checked} did not match)`,
  ];
}

/** What was tried before the one that matches, which is the last one tried. */
function countBefore({ singles, pairs }: MismatchFinding['searched']): string {
  if (pairs > 0) return `${singles} single changes and ${pairs - 1} other pairs`;
  if (singles === 1) return '';
  return singles === 2 ? '1 other single change' : `${singles - 1} other single changes`;
}

function describeSearch({ searched, ruledOut }: MismatchFinding): string[] {
  const list = ruledOut.map(({ cause, tried }) => `${cause} (${tried})`).join(', ');
  return [
    `unexplained: none of ${searched.singles} single changes and ${searched.pairs} pairs makes it match`,
    `ruled out alone and in these pairs: ${list}`,
    'not ruled out: another secret key, which changes nothing but the signature',
  ];
}
