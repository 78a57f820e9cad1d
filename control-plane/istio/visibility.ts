/**
 * Whether an object of one namespace can be seen from another: `*` shows it to all, `.` to its own, a name to that one.
 * Without `exportTo` all see it.
 */
export function isExportedTo(exportTo: readonly string[] | undefined, own: string, other: string): boolean {
  if (exportTo === undefined || exportTo.length === 0) return true;
  return exportTo.some((scope) => scope === '*' || (scope === '.' ? own : scope) === other);
}
