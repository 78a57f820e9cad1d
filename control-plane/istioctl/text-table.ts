/**
 * Lays out rows as Go's tabwriter does for istioctl: every cell but the last is padded to the widest of its column and a gap.
 *
 * @returns lines that end with a newline
 */
export function formatTable(rows: readonly (readonly string[])[], gap = 5): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.slice(0, -1).entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length + gap);
    }
  }
  const format = (row: readonly string[]): string =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('');
  return rows.map((row) => `${format(row)}\n`).join('');
}
