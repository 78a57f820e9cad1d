import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findScenarioFiles, loadScenario, selectScenarioFiles } from '#harness/discover.ts';

/** A folder with these files. */
function setup(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'meshrig-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const FILES = [
  'key-rotation/needs-restart',
  'port-forward/host-with-port',
  'port-forward/strip-port',
  'timeouts/default-15s',
].map((name) => ({ name, file: `/scenarios/${name}.ts` }));

const select = (...names: string[]) => selectScenarioFiles(FILES, names).map(({ name }) => name);

test('scenario files lie in families; files beside the families are shared code', () => {
  const folder = setup({ 'b/two.ts': '', 'a/one.ts': '', 'shared.ts': '', 'a/notes.md': '', 'a/deep/er.ts': '' });
  expect(findScenarioFiles(folder).map(({ name }) => name)).toEqual(['a/deep/er', 'a/one', 'b/two']);
});

test('a folder that is not there says so', () => {
  expect(() => findScenarioFiles('/no/such/folder')).toThrow(
    'Failed to read folder "/no/such/folder": there is no such folder',
  );
});

describe('names choose', () => {
  const testChoice = (name: string, names: string[], chosen: readonly string[]) =>
    test(name, () => expect(select(...names)).toEqual(chosen));
  const PORT_FORWARD = ['port-forward/host-with-port', 'port-forward/strip-port'];

  testChoice(
    'everything when there are none',
    [],
    FILES.map(({ name }) => name),
  );
  testChoice('one scenario', ['port-forward/strip-port'], ['port-forward/strip-port']);
  testChoice('a family', ['port-forward'], PORT_FORWARD);
  testChoice('a family with a slash', ['port-forward/'], PORT_FORWARD);
  testChoice('the path of a file', ['scenarios/port-forward/strip-port.ts'], ['port-forward/strip-port']);
  testChoice('each scenario once, in order', ['port-forward/strip-port', 'port-forward'], PORT_FORWARD);
});

describe('an unknown name', () => {
  const testHint = (name: string, hint: string) =>
    test(`"${name}" is answered with the nearest`, () => {
      expect(() => select(name)).toThrow(
        expect.objectContaining({
          code: 'UNKNOWN_SCENARIO',
          message: `Failed to find scenario "${name}": there is none of that name`,
          hint,
        }),
      );
    });

  testHint('port-foward/strip-port', 'Did you mean port-forward/strip-port? See: meshrig list');
  testHint('strip-prt', 'Did you mean port-forward/strip-port? See: meshrig list');
  testHint('timeout', 'Did you mean timeouts? See: meshrig list');
  testHint('nothing-like-it', 'See: meshrig list');
});

describe('a scenario file', () => {
  const testLoad = (name: string, text: string, message: string) =>
    test(name, async () => {
      const folder = setup({ 'family/name.mjs': text });
      const loading = loadScenario({ name: 'family/name', file: join(folder, 'family/name.mjs') });
      await expect(loading).rejects.toMatchObject({ code: 'INVALID_SCENARIO', message });
    });

  testLoad(
    'without a default export is not valid',
    'export const a = 1;',
    'Failed to load scenario "family/name": its file exports no scenario',
  );
  testLoad(
    'with another name is not valid',
    'export default { name: "family/other", describeTopology() {}, run() {} };',
    'Failed to load scenario "family/name": it calls itself "family/other"',
  );
  testLoad(
    'that throws is not valid',
    'throw new Error("no such fixture");',
    'Failed to load scenario "family/name": no such fixture',
  );
});
