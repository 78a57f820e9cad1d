import type { HeaderChange } from '#core/timeline.ts';
import { createCanonicalDiff } from './canonical-diff.ts';
import type { Change } from './change.ts';
import type { CauseFacts } from './cause-text.ts';
import { describeCause } from './causes.ts';
import { describeProof } from './describe-proof.ts';
import type { MismatchFinding } from './explain-mismatch.ts';
import type { Explanation } from './explanation.ts';
import type { PathRow } from './path-rows.ts';
import type { SigningParts } from './signing-parts.ts';

/** What an explanation says beside its finding. */
export interface ExplanationContext {
  readonly checked: SigningParts;
  /** `lambda`. */
  readonly checkedBy: string;
  /** `proxy "ingress"`; undefined when no event shows the signer. */
  readonly signedBy?: string;
  readonly hasSecret: boolean;
  readonly path: readonly PathRow[];
  readonly where?: string;
  /** Who made a change; undefined when that is not known. */
  readonly findChanger: (change: Change) => string | undefined;
  readonly facts: CauseFacts;
}

/** Puts a finding about a signature that does not match into sentences. */
export function createExplanation(finding: MismatchFinding, context: ExplanationContext): Explanation {
  const [first] = finding.changes;
  const header = first === undefined || first.subject.startsWith(':') ? undefined : first.subject;
  const texts = describeChanges(finding, context);
  const diff = createDiff(finding, context);
  return {
    cause: finding.cause,
    grade: finding.grade,
    ...(header === undefined ? {} : { header }),
    ...texts,
    ...(context.where === undefined ? {} : { where: context.where }),
    proof: describeProof(finding, { ...context, signedBy: context.signedBy }),
    searched: finding.searched,
    ruledOut: finding.ruledOut,
    ...(diff === undefined ? {} : { diff }),
    path: context.path,
  };
}

const NO_SECRET = 'Without the secret key the signature can not be computed again.';

/** Two changes that matched together are two causes; each gets its sentence and its fix. */
function describeChanges(finding: MismatchFinding, context: ExplanationContext): { sentence: string; fix: string } {
  const isAboutSecret = finding.cause === 'wrong-secret' || finding.changes.length === 0;
  if (isAboutSecret)
    return describeCause(finding.cause, context.hasSecret ? context.facts : { ...context.facts, message: NO_SECRET });
  const texts = finding.changes.map((change) => describeCause(change.cause, createFacts(change, context)));
  const unique = (lines: readonly string[]) => [...new Set(lines)];
  return {
    sentence: unique(texts.map(({ sentence }) => sentence)).join(' '),
    fix: unique(texts.map(({ fix }) => fix)).join('; '),
  };
}

function createFacts(change: Change, { facts, findChanger }: ExplanationContext): CauseFacts {
  const changedBy = findChanger(change);
  return {
    ...facts,
    ...(change.subject.startsWith(':') ? {} : { header: change.subject }),
    ...(change.signed === undefined ? {} : { signed: change.signed }),
    ...(change.checked === undefined ? {} : { checked: change.checked }),
    ...(changedBy === undefined ? {} : { changedBy }),
    reading: change.reading,
  };
}

function createDiff(finding: MismatchFinding, context: ExplanationContext): Explanation['diff'] {
  const { signedParts } = finding;
  if (signedParts === undefined) return undefined;
  const names = { signedBy: context.signedBy ?? 'the signer', checkedBy: context.checkedBy };
  const diff = createCanonicalDiff(signedParts, context.checked, names);
  const isSame = diff.signedHash === diff.checkedHash && diff.stringToSign.length === 0;
  return isSame ? undefined : diff;
}

/** The edge's change of one header, if it made one. */
export function findEdgeChange(changes: readonly HeaderChange[], { subject }: Change): HeaderChange | undefined {
  return changes.find(({ header }) => header === subject || (subject === 'host' && header === ':authority'));
}
