import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MESHRIG = fileURLToPath(new URL('../bin/meshrig.js', import.meta.url));
const ROUNDS = 5;
const SCENARIO = 'port-forward/host-with-port';

interface StartTimes {
  /** Milliseconds from the start of the process until the first step begins. */
  readonly begun: number;
  /** Until it is done: AWS, the KubeCluster and its proxies are up. */
  readonly done: number;
  /** Until the process has ended. */
  readonly ended: number;
}

/** Prints how long a user waits, as seconds and as multiples of starting Node itself in the same round. */
export async function benchStart(print: (line: string) => void = console.log): Promise<void> {
  await run(['list']);
  const rounds: { bare: number; one: StartTimes; all: StartTimes }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({
      bare: await runBare(),
      one: await run(['run', SCENARIO]),
      all: await run(['run']),
    });
  }
  const report = (label: string, pick: (round: (typeof rounds)[number]) => number) => {
    const seconds = median(rounds.map(pick)) / 1000;
    const ratio = median(rounds.map((round) => pick(round) / round.bare));
    print(`${label.padEnd(44)} ${seconds.toFixed(2)} s   ${ratio.toFixed(1)}x of node -e 0`);
  };
  report('first step of one scenario begins', ({ one }) => one.begun);
  report('first step of one scenario is done', ({ one }) => one.done);
  report('one scenario, whole process', ({ one }) => one.ended);
  report('every scenario, whole process', ({ all }) => all.ended);
}

async function run(parameters: readonly string[]): Promise<StartTimes> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [
    MESHRIG,
    ...parameters,
    ...(parameters[0] === 'run' ? ['--reporter', 'json'] : []),
  ]);
  const times = { begun: 0, done: 0, ended: 0 };
  child.stderr.resume();
  for await (const line of createInterface({ input: child.stdout })) {
    if (times.begun === 0 && line.includes('"type":"step-started"')) times.begun = performance.now() - startedAt;
    if (times.done === 0 && line.includes('"type":"step-finished"')) times.done = performance.now() - startedAt;
  }
  times.ended = performance.now() - startedAt;
  return times;
}

async function runBare(): Promise<number> {
  const startedAt = performance.now();
  await new Promise((resolve) => spawn(process.execPath, ['-e', '0']).once('close', resolve));
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await benchStart();
