import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 optimize functions later, in this thread and in those that start later: a scenario is over before optimized code pays, and
 * by default optimizing takes a fifth of its run. The number is bytes of bytecode that a function runs first, by default 66 KB.
 * Releases after 20 count calls, have no such flag, and complain about it on stderr.
 */
export function limitOptimizing() {
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=500000');
}
