import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runInProcess, startMeshrig } from './support.ts';

const SCENARIOS = fileURLToPath(new URL('scenarios', import.meta.url));
const run = (...parameters: string[]) => runInProcess('run', '--scenarios', SCENARIOS, ...parameters);

/** Wall times and versions vary. */
const settle = (text: string) =>
  text
    .replace(/\d+\.\d\ds/g, '0.00s')
    .replace(/ +\d+ms$/gm, (time) => '0ms'.padStart(time.length))
    .replace(/node \S+/, 'node 20');

test('a scenario that holds, exit 0', async () => {
  const { code, stdout, stderr } = await run('plain/counts', '--seed', '7f3a91c2');
  expect({ code, stderr, stdout: settle(stdout) }).toEqual({
    code: 0,
    stderr: '',
    stdout: `\
embedded  node 20  seed 7f3a91c2
plain/counts   One and one is two
  ok  1  start nothing                                  0ms
  ok  2  add                                            0ms
PASS  0.00s
`,
  });
});

test('a scenario that does not hold, exit 1', async () => {
  const { code, stdout } = await run('plain/miscounts', '--seed', '7f3a91c2');
  expect(code).toBe(1);
  expect(stdout).toContain(
    '1) plain/miscounts                      test/harness/cli/scenarios/plain/miscounts.ts:8:15\n',
  );
  expect(stdout).toMatch(/exit 1 {3}1 scenario failed\n$/);
});

test('JSON lines leave stdout pure and repeat with the seed', async () => {
  const again = () => run('plain/counts', 'plain/miscounts', '--seed', 'a', '--reporter', 'json');
  const [first, second] = [await again(), await again()];
  expect(first).toMatchObject({ code: 1, stderr: 'exit 1   1 scenario failed\n' });
  expect(second.stdout).toBe(first.stdout);
  for (const line of first.stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('seq');
});

test('ctrl-c stops the scenario, cleans up and reports, exit 130', async () => {
  const { child, ended, output } = startMeshrig(['run', '--scenarios', SCENARIOS, 'plain/waits-for-ever']);
  const interruptOnce = () => {
    if (!output.stdout.includes('now it waits')) return;
    child.stdout.off('data', interruptOnce);
    child.kill('SIGINT');
  };
  child.stdout.on('data', interruptOnce);
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(130);
  expect(stderr).toBe('SIGINT: stopping and cleaning up; a second one leaves at once\n');
  expect(stdout).toMatch(/FAIL {2}\d+\.\d\ds.* {2}interrupted by SIGINT\nexit 130 {3}interrupted\n$/);
});

test('a reader that goes away stops the run without a word, exit 130', async () => {
  const { child, ended } = startMeshrig([
    'run',
    '--scenarios',
    SCENARIOS,
    'plain/waits-for-ever',
    '--reporter',
    'json',
  ]);
  child.stdout.once('data', () => child.stdout.destroy());
  expect(await ended).toMatchObject({ code: 130, stderr: 'exit 130   interrupted\n' });
});

test('the time limit of the run, exit 8', async () => {
  const { code, stdout } = await run('plain/waits-for-ever', '--timeout', '200ms');
  expect(code).toBe(8);
  expect(stdout).toMatch(/exit 8 {3}the time limit of the run was reached\n$/);
});
