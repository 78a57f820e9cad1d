/** Follows keys and list positions into JSON; undefined where there is nothing. */
export function readAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (typeof inner !== 'object' || inner === null) return undefined;
    return Object.entries(inner).find(([name]) => name === String(key))?.[1];
  }, value);
}

export function readList(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const list = readAt(value, ...path);
  return Array.isArray(list) ? list : [];
}

/** A string or a number as text; empty where there is neither. */
export function readText(value: unknown, ...path: readonly (string | number)[]): string {
  const text = readAt(value, ...path);
  return typeof text === 'string' || typeof text === 'number' ? String(text) : '';
}
