/** Keeps what was asked for last, for values that follow from their key alone and are never changed. */
export interface RecentCache<Value> {
  /** The value of `key`, created when it is not kept. */
  get(key: string, create: () => Value): Value;
}

/** @param limit how many values are kept; the one that was not asked for longest goes first */
export function createRecentCache<Value>(limit: number): RecentCache<Value> {
  const values = new Map<string, { readonly value: Value }>();
  return {
    get(key, create) {
      const kept = values.get(key);
      const entry = kept ?? { value: create() };
      values.delete(key);
      values.set(key, entry);
      const [oldest] = values.keys();
      if (values.size > limit && oldest !== undefined) values.delete(oldest);
      return entry.value;
    },
  };
}
