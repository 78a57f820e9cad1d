import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { createRandom } from '#core/random.ts';
import { explainBreakage, explainCase } from '../test/harness/explain/corpus.ts';

const CASES = 1_000;
const BREAKAGES = 500;

/** Prints how many of 1,000 single changes, 1,000 pairs and 500 unrelated breakages are explained rightly, and how long that takes. */
export function benchExplain(print: (line: string) => void = console.log): void {
  const random = createRandom('corpus');
  for (const size of [1, 2] as const) {
    const name = size === 1 ? 'single changes' : 'pairs of changes';
    report(name, CASES, () => explainCase(random, size).isRight, print);
  }
  report('unrelated breakages', BREAKAGES, () => explainBreakage(random)?.grade !== 'proved', print);
}

function report(name: string, count: number, isRight: () => boolean, print: (line: string) => void): void {
  let right = 0;
  const times: number[] = [];
  for (let run = 0; run < count; run++) {
    const start = performance.now();
    if (isRight()) right++;
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const median = times[Math.floor(count / 2)] ?? Number.NaN;
  const slow = times[Math.floor(count * 0.99)] ?? Number.NaN;
  print(
    `explain ${name}: ${((100 * right) / count).toFixed(1)}% right of ${count}; median ${median.toFixed(1)} ms, 99th ${slow.toFixed(0)} ms`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) benchExplain();
