import { closest, distance } from 'fastest-levenshtein';

/** The known name closest to `name`, if it is close enough to be worth a "did you mean". */
export function findNearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const best = closest(
    name.toLowerCase(),
    known.map((candidate) => candidate.toLowerCase()),
  );
  const original = known.find((candidate) => candidate.toLowerCase() === best);
  const limit = Math.max(2, Math.floor(name.length / 2));
  return distance(name.toLowerCase(), best) <= limit ? original : undefined;
}
