import { findScenarioFiles, loadScenario, selectScenarioFiles } from '../discover.ts';
import { countOf } from '../reporters/text-layout.ts';
import type { Scenario } from '../scenario.ts';
import type { CommandIo } from './command-io.ts';
import { OWN_SCENARIOS } from './own-scenarios.ts';

export interface ListCommandOptions {
  readonly json?: boolean;
  readonly tag?: readonly string[];
  readonly scenarios?: string;
}

/** Every scenario runs on the backends that exist. */
const BACKENDS = ['embedded'];

/** `meshrig list [name...]`. Resolves with the exit code. */
export async function listCommand(
  names: readonly string[],
  options: ListCommandOptions,
  io: CommandIo,
): Promise<number> {
  const files = findScenarioFiles(options.scenarios ?? OWN_SCENARIOS);
  const chosen = await Promise.all(selectScenarioFiles(files, names).map(loadScenario));
  const { tag: wanted = [] } = options;
  const shown = chosen.filter(({ tags }) => wanted.length === 0 || wanted.some((tag) => tags.includes(tag)));
  const text = options.json === true ? createJson(shown) : createTable(shown, files.length);
  io.stdout.write(text);
  return 0;
}

/** A tag that names a row of `docs/catalogue.md`. */
const CATALOGUE_ID = /^B\d\d$/;

function createJson(scenarios: readonly Scenario[]): string {
  const rows = scenarios.map(({ name, title, source, tags }) => ({
    name,
    id: tags.filter((tag) => CATALOGUE_ID.test(tag)),
    title,
    source,
    tags,
    backends: BACKENDS,
  }));
  return `${JSON.stringify(rows, undefined, 2)}\n`;
}

const HEAD = ['NAME', 'BACKENDS', 'TAGS', 'ABOUT'];
/** Widths of `ux.md`; a longer entry widens its column. */
const WIDTHS = [34, 15, 18];

function createTable(scenarios: readonly Scenario[], total: number): string {
  const rows = scenarios.map(({ name, tags, title }) => [name, BACKENDS.join(' '), tags.join(' '), title]);
  const widths = WIDTHS.map((width, column) => Math.max(width, ...rows.map((row) => (row[column] ?? '').length + 2)));
  const lines = [HEAD, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('')
      .trimEnd(),
  );
  return `${[...lines, `${scenarios.length} of ${countOf(total, 'scenario')}`].join('\n')}\n`;
}
