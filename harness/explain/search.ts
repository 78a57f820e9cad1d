import { searchHostPort } from './candidates/host-changes.ts';
import { type Change, listTouched } from './change.ts';
import { listChanges } from './list-changes.ts';
import type { SearchSubject } from './search-subject.ts';
import type { SignatureMatch } from './signature-match.ts';
import { applyEdit, type SigningParts } from './signing-parts.ts';

/** What was found, and what was tried without success. */
export interface SearchResult {
  /** One change, or two that match together only; empty when nothing matched. */
  readonly found: readonly Change[];
  readonly singles: number;
  readonly pairs: number;
  /** How many single changes were tried per cause, in the order first tried. */
  readonly tried: ReadonlyMap<string, number>;
}

export interface SearchLimits {
  /** Most pairs to try. Default: 8,000, which take about 100 ms. */
  readonly pairs?: number;
  /** Whether to try every port there is when nothing else matched. Default: true. */
  readonly everyPort?: boolean;
}

const DEFAULT_PAIRS = 8_000;

/**
 * Looks for the change that turns what was checked into what was signed: every known single one, then pairs, the
 * likeliest first, then every port. Nothing is guessed: what is returned made the signature match.
 */
export function searchChanges(
  subject: SearchSubject,
  isMatch: SignatureMatch,
  limits: SearchLimits = {},
): SearchResult {
  const changes = listChanges(subject);
  const tried = countCauses(changes);
  const found = changes.findIndex((change) => isMatch(applyEdit(subject.parts, change.edit)));
  const single = changes[found];
  if (single !== undefined) return { found: [single], singles: found + 1, pairs: 0, tried };
  const pair = searchPairs(changes, subject.parts, isMatch, limits.pairs ?? DEFAULT_PAIRS);
  const result = { found: pair.found, singles: changes.length, pairs: pair.tried, tried };
  if (pair.found.length > 0 || limits.everyPort === false) return result;
  return searchPorts(result, subject.parts, isMatch);
}

function countCauses(changes: readonly Change[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { cause } of changes) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  return counts;
}

/** Pairs in the order of the sum of their places, so that two likely changes come before a likely and an unlikely one. */
function searchPairs(
  changes: readonly Change[],
  parts: SigningParts,
  isMatch: SignatureMatch,
  limit: number,
): { found: readonly Change[]; tried: number } {
  const touched = changes.map(listTouched);
  let tried = 0;
  for (let sum = 1; sum <= 2 * changes.length - 3; sum += 1) {
    for (let left = Math.max(0, sum - changes.length + 1); left < sum - left; left += 1) {
      const [first, second] = [changes[left], changes[sum - left]];
      if (first === undefined || second === undefined) continue;
      if (isOverlapping(touched[left], touched[sum - left])) continue;
      if (tried === limit) return { found: [], tried };
      tried += 1;
      if (isMatch(applyEdit(applyEdit(parts, first.edit), second.edit))) return { found: [first, second], tried };
    }
  }
  return { found: [], tried };
}

function isOverlapping(left: readonly string[] = [], right: readonly string[] = []): boolean {
  return left.some((part) => right.includes(part));
}

function searchPorts(result: SearchResult, parts: SigningParts, isMatch: SignatureMatch): SearchResult {
  const ports = searchHostPort(parts, isMatch);
  const tried = new Map(result.tried);
  if (ports.tried > 0) tried.set('host-port', (tried.get('host-port') ?? 0) + ports.tried);
  return { ...result, found: ports.found, singles: result.singles + ports.tried, tried };
}
