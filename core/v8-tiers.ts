import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 compile as suits many short worlds, in this thread and in those that start later. Nearly every function of a world runs a
 * few hundred times: worth the baseline compiler at once. (`bin/limit-optimizing.js` keeps the optimizing one, which otherwise takes
 * the second core, from most of them.) One world alone starts sooner without.
 */
export function preferBaselineCode(): void {
  setFlagsFromString('--always-sparkplug');
  // Megabytes: most of what a world makes is garbage when it ends, and is not copied where there is room until then.
  setFlagsFromString('--min-semi-space-size=16');
  setFlagsFromString('--max-semi-space-size=32');
}
