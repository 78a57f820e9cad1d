/** A raw request target cut at its first question mark; neither part is decoded. */
export interface SplitTarget {
  readonly path: string;
  readonly query: string;
}

export function splitTarget(target: string): SplitTarget {
  const mark = target.indexOf('?');
  return mark === -1 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
