import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { HELP } from '#harness/cli/help.ts';
import manifest from '../../../package.json' with { type: 'json' };
import { runInProcess as runMeshrig } from './support.ts';

const SCENARIOS = fileURLToPath(new URL('scenarios', import.meta.url));

test('prints help when asked for it', async () => {
  expect(await runMeshrig('--help')).toEqual({ code: 0, stdout: HELP, stderr: '' });
});

test('prints its version', async () => {
  expect(await runMeshrig('--version')).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
});

test('without a command says how to use it, exit 2', async () => {
  expect(await runMeshrig()).toEqual({
    code: 2,
    stdout: '',
    stderr: `error: no command given\n\n${HELP}exit 2   wrong command line\n`,
  });
});

test('an unknown command says what there is, exit 2', async () => {
  expect(await runMeshrig('rnu')).toEqual({
    code: 2,
    stdout: '',
    stderr: `error: unknown command 'rnu'\n(Did you mean run?)\n\n${HELP}exit 2   wrong command line\n`,
  });
});

test('an unknown option names the nearest, exit 2', async () => {
  expect(await runMeshrig('run', '--sead', '1')).toEqual({
    code: 2,
    stdout: '',
    stderr: "error: unknown option '--sead'\n(Did you mean --seed?)\nexit 2   wrong command line\n",
  });
});

test('a time limit that is no duration, exit 2', async () => {
  expect(await runMeshrig('run', '--timeout', 'soon')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'Failed to read option "--timeout": "soon" is not like 60s or 10m\nexit 2   wrong command line\n',
  });
});

test('a count of workers that is none, exit 2', async () => {
  expect(await runMeshrig('run', '--scenarios', SCENARIOS, 'plain', '--workers', '0')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'Failed to read option "--workers": "0" is no whole number from 1 to 999\nexit 2   wrong command line\n',
  });
});

test('an unknown scenario names the nearest, exit 4', async () => {
  expect(await runMeshrig('run', 'port-forward/host-with-prot')).toEqual({
    code: 4,
    stdout: '',
    stderr: `Failed to find scenario "port-forward/host-with-prot": there is none of that name
Did you mean port-forward/host-with-port? See: meshrig list
exit 4   no scenario matched
`,
  });
});

test('tags that choose nothing, exit 4, or 0 when that is allowed', async () => {
  const choose = ['run', '--scenarios', SCENARIOS, 'plain', '--tag', 'none-such'];
  expect(await runMeshrig(...choose)).toEqual({ code: 4, stdout: '', stderr: 'exit 4   no scenario matched\n' });
  expect(await runMeshrig(...choose, '--allow-none')).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('a file that exports no scenario, exit 3', async () => {
  expect(await runMeshrig('run', '--scenarios', SCENARIOS, 'broken/exports-nothing')).toEqual({
    code: 3,
    stdout: '',
    stderr: `Failed to load scenario "broken/exports-nothing": its file exports no scenario
Write "export default scenario('broken/exports-nothing', { ... })".
exit 3   a scenario is not valid
`,
  });
});

test('lists scenarios as a table', async () => {
  const { code, stdout } = await runMeshrig('list', '--scenarios', SCENARIOS, 'plain');
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `\
NAME                              BACKENDS       TAGS              ABOUT
plain/counts                      embedded       arithmetic B00    One and one is two
plain/miscounts                   embedded                         One and one is three
plain/waits-for-ever              embedded                         It sleeps until it is stopped
3 of 4 scenarios
`,
  });
});

test('lists scenarios as JSON', async () => {
  const { stdout } = await runMeshrig('list', '--scenarios', SCENARIOS, 'plain/counts', '--json');
  expect(JSON.parse(stdout)).toEqual([
    {
      name: 'plain/counts',
      id: ['B00'],
      title: 'One and one is two',
      source: ['a test'],
      tags: ['arithmetic', 'B00'],
      backends: ['embedded'],
    },
  ]);
});
