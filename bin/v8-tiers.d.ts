/** See `v8-tiers.js`, which is plain JavaScript so that it runs without a loader. */
export function preferBaselineCode(): void;
