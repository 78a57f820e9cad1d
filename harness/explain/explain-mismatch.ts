import { SigningKeyCache } from '#mock-aws/sigv4/signing-key.ts';
import type { Cause } from './cause.ts';
import type { Change } from './change.ts';
import type { RuledOut, Searched } from './explanation.ts';
import type { Grade } from '../expectations/explainer.ts';
import { findLikelyChange } from './likely-changes.ts';
import { createSecretChanges } from './candidates/signer-changes.ts';
import { searchChanges, type SearchLimits, type SearchResult } from './search.ts';
import type { SearchSubject } from './search-subject.ts';
import { createLoggedMatch, createSecretMatch, createTextMatch, type SignatureMatch } from './signature-match.ts';
import { listSignedDifferences } from './signed-differences.ts';
import { applyEdit, isTokenHidden, type SigningParts } from './signing-parts.ts';

/** A request that was refused because its signature did not match, and what is known about how it was signed. */
export interface MismatchInput {
  readonly subject: SearchSubject;
  /** As sent. */
  readonly signature: string;
  /** Absent when nobody knows it: the grade is then `consistent` at best. */
  readonly secretAccessKey?: string;
  /** What the signer says it signed. */
  readonly signed?: SigningParts;
  /** The string to sign in the signer's log; its hash tells what was signed without showing it. */
  readonly stringToSign?: string;
  readonly limits?: SearchLimits;
}

/** The outcome of a search, before it is put into sentences. */
export interface MismatchFinding {
  readonly cause: Cause;
  readonly grade: Grade;
  /** What turns what was checked into what was signed. */
  readonly changes: readonly Change[];
  /** The parts that were signed; undefined when they are not known. */
  readonly signedParts: SigningParts | undefined;
  readonly searched: Searched;
  readonly ruledOut: readonly RuledOut[];
}

/**
 * Finds out why a signature does not match.
 *
 * With the secret, only a signature that comes out equal counts (`proved`). Without it, only the signer's own text does
 * (`consistent`). Without both, a known pattern is named as such (`likely`).
 */
export function explainMismatch(input: MismatchInput): MismatchFinding {
  const { signed } = input;
  const secretMatch = createMatch(input);
  if (signed !== undefined) return explainWithSigned({ ...input, signed }, secretMatch);
  if (secretMatch === undefined) return explainWithoutSecret(input);
  return explainBySearch(input.subject, secretMatch, { grade: 'proved', ...input.limits });
}

const NOTHING_SEARCHED: Searched = { singles: 0, pairs: 0 };

/** A hidden session token can't be signed again, so such a request is one whose secret is not known. */
function createMatch({ secretAccessKey, signature, subject }: MismatchInput): SignatureMatch | undefined {
  if (secretAccessKey === undefined || isTokenHidden(subject.parts)) return undefined;
  return createSecretMatch({ secretAccessKey, signature, signingKeys: new SigningKeyCache() });
}

function explainWithSigned(
  { subject, signed, limits }: MismatchInput & { readonly signed: SigningParts },
  secretMatch: SignatureMatch | undefined,
): MismatchFinding {
  const differences = listSignedDifferences(signed, subject.parts);
  if (differences.length === 0) return explainSecret(signed, secretMatch);
  if (secretMatch?.(signed) === false) return addDifferences(explainSecret(signed, secretMatch), differences);
  const grade = secretMatch === undefined ? 'consistent' : 'proved';
  const hinted = { ...subject, hints: differences };
  const found = explainBySearch(hinted, secretMatch ?? createTextMatch(signed), { grade, everyPort: false, ...limits });
  if (found.cause !== 'unexplained') return found;
  const [first] = differences;
  // More than two differences: together they are what was signed, so nothing is left to search for.
  return {
    ...found,
    cause: first?.cause ?? 'unexplained',
    grade,
    changes: differences,
    signedParts: signed,
    ruledOut: [],
  };
}

/** Both sides have the same text, or the signer's text does not give its signature: the keys differ. */
function explainSecret(signed: SigningParts, secretMatch: SignatureMatch | undefined): MismatchFinding {
  const base = { signedParts: signed, searched: NOTHING_SEARCHED, ruledOut: [] };
  if (secretMatch === undefined) return { ...base, cause: 'wrong-secret', grade: 'consistent', changes: [] };
  if (secretMatch(signed)) {
    return { ...base, cause: 'unexplained', grade: 'unexplained', changes: [], signedParts: undefined };
  }
  const forms = createSecretChanges();
  const found = forms.findIndex(({ edit }) => secretMatch(applyEdit(signed, edit)));
  const form = forms[found];
  if (form === undefined) {
    const searched = { singles: forms.length, pairs: 0 };
    return { ...base, searched, cause: 'wrong-secret', grade: 'proved', changes: [] };
  }
  return { ...base, searched: { singles: found + 1, pairs: 0 }, cause: form.cause, grade: 'proved', changes: [form] };
}

/** A signature that matches with another form of the secret matches over what was signed, differences included. */
function addDifferences(found: MismatchFinding, differences: readonly Change[]): MismatchFinding {
  return found.changes.length === 0 ? found : { ...found, changes: [...found.changes, ...differences] };
}

function explainBySearch(
  subject: SearchSubject,
  isMatch: SignatureMatch,
  { grade, ...limits }: SearchLimits & { readonly grade: Grade },
): MismatchFinding {
  const result = searchChanges(subject, isMatch, limits);
  const searched = { singles: result.singles, pairs: result.pairs };
  const [first] = result.found;
  if (first === undefined) return createUnexplained(searched, listRuledOut(result));
  const signedParts = result.found.reduce((parts, { edit }) => applyEdit(parts, edit), subject.parts);
  return { cause: first.cause, grade, changes: result.found, signedParts, searched, ruledOut: [] };
}

function listRuledOut({ tried }: SearchResult): RuledOut[] {
  return [...tried].map(([cause, count]) => ({ cause, tried: count }));
}

function explainWithoutSecret({ subject, stringToSign, limits }: MismatchInput): MismatchFinding {
  if (stringToSign === undefined) return explainByPattern(subject);
  const isMatch = createLoggedMatch(stringToSign);
  if (isMatch(subject.parts)) return { ...createUnexplained(NOTHING_SEARCHED, []), signedParts: subject.parts };
  return explainBySearch(subject, isMatch, { grade: 'consistent', ...limits });
}

function explainByPattern(subject: SearchSubject): MismatchFinding {
  const change = findLikelyChange(subject);
  if (change === undefined) return createUnexplained(NOTHING_SEARCHED, []);
  const signedParts = applyEdit(subject.parts, change.edit);
  return {
    cause: change.cause,
    grade: 'likely',
    changes: [change],
    signedParts,
    searched: NOTHING_SEARCHED,
    ruledOut: [],
  };
}

function createUnexplained(searched: Searched, ruledOut: readonly RuledOut[]): MismatchFinding {
  return { cause: 'unexplained', grade: 'unexplained', changes: [], signedParts: undefined, searched, ruledOut };
}
