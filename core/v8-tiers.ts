import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 compile as suits many short worlds, in this thread and in those that start later. Nearly every function of a world runs a
 * few hundred times: worth the baseline compiler at once, but not the optimizing compiler, which by default takes as long on other
 * threads as the worlds on theirs, and so the second core. One world alone starts sooner without.
 */
export function preferBaselineCode(): void {
  setFlagsFromString('--always-sparkplug');
  // The bytes of bytecode to run before a function is optimized, by default 66 KB; later releases count calls and have no such flag.
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=500000');
  // Megabytes: most of what a world makes is garbage when it ends, and is not copied where there is room until then.
  setFlagsFromString('--min-semi-space-size=16');
  setFlagsFromString('--max-semi-space-size=32');
}
