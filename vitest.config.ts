import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', NO_COLOR: '1' },
    testTimeout: 20_000,
    pool: 'threads',
    // Loading the messages of xDS and the SDK anew for each file takes longer than the tests; nothing of ours keeps state in modules.
    isolate: false,
    reporters: ['default', 'json'],
    outputFile: { json: '.meshrig/test-results.json' },
  },
});
