import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
// @ts-expect-error plain JavaScript, so that it runs without a loader
import { limitOptimizing as limitOptimizingUntyped } from './bin/limit-optimizing.js';
import { preferBaselineCode } from './core/v8-tiers.ts';

const limitOptimizing = limitOptimizingUntyped as () => void;

// The threads of the tests take over what is set in this one: they run scenarios most of the time.
preferBaselineCode();
limitOptimizing();

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', NO_COLOR: '1' },
    testTimeout: 20_000,
    pool: 'threads',
    // Vitest leaves a core to its own thread, which is idle while tests run.
    maxWorkers: availableParallelism(),
    // Loading the messages of xDS and the SDK anew for each file takes longer than the tests; nothing of ours keeps state in modules.
    isolate: false,
    reporters: ['default', 'json'],
    outputFile: { json: '.meshrig/test-results.json' },
  },
});
