import { defineConfig } from 'vitest/config';

/** Apart from `npm test`: it needs a stock Envoy, and its timeouts are real. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.conformance.ts'],
    testTimeout: 20_000,
    hookTimeout: 180_000,
    pool: 'threads',
  },
});
