/** `left`, then `right` so that it ends at column `width`, at least two blanks apart. */
export function alignRight(left: string, right: string, width: number): string {
  return left + ' '.repeat(Math.max(2, width - left.length - right.length)) + right;
}

/** `1 scenario`, `2 scenarios`. */
export function countOf(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

/** `0.21s`: wall time of a scenario or a run. */
export function formatWall(wallMs: number): string {
  return `${(wallMs / 1_000).toFixed(2)}s`;
}
