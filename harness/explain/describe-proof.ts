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

function describeMatch({ searched, changes }: MismatchFinding, reading: string, names: ProofNames): string[] {
  const singles = `${searched.singles} single ${searched.singles === 1 ? 'change' : 'changes'}`;
  const tried = changes.length === 1 ? singles : `${singles} and ${searched.pairs} pairs of changes`;
  return [
    `proved: the signature sent matches if ${reading}`,
    `(1 match in ${tried} to what ${names.checkedBy} checked)`,
  ];
}

function describeSearch({ searched, ruledOut }: MismatchFinding): string[] {
  const list = ruledOut.map(({ cause, tried }) => `${cause} (${tried})`).join(', ');
  return [
    `unexplained: none of ${searched.singles} single changes and ${searched.pairs} pairs makes it match`,
    `ruled out alone and in these pairs: ${list}`,
    'not ruled out: another secret key, which changes nothing but the signature',
  ];
}
