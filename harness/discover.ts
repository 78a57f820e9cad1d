import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { distance } from 'fastest-levenshtein';
import { MeshrigError, messageOf, systemCodeOf } from '#core/errors.ts';
import { importFile } from './import-file.ts';
import type { Scenario } from './scenario.ts';

export interface ScenarioFile {
  /** `<family>/<name>`: the path below the folder of scenarios, without its ending. */
  readonly name: string;
  readonly file: string;
}

/**
 * The scenario files of a folder, by name. A file at the top of the folder is shared by scenarios and is none itself.
 *
 * @throws MeshrigError `UNREADABLE_FILE`
 */
export function findScenarioFiles(folder: string): ScenarioFile[] {
  const entries = readFolder(folder);
  const paths = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map(getPath);
  return paths
    .map((file) => ({ file, name: relative(folder, file).replaceAll('\\', '/').slice(0, -'.ts'.length) }))
    .filter(({ name }) => name.includes('/'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The files that `names` choose: a whole name, a family, or the path of a file. All of them when there are no names.
 *
 * @throws MeshrigError `UNKNOWN_SCENARIO` with the nearest names, for the first name that chooses nothing
 */
export function selectScenarioFiles(files: readonly ScenarioFile[], names: readonly string[]): ScenarioFile[] {
  if (names.length === 0) return [...files];
  const chosen = new Set(names.flatMap((name) => selectByName(files, name)));
  return files.filter((file) => chosen.has(file));
}

/**
 * Imports one scenario file.
 *
 * @throws MeshrigError `INVALID_SCENARIO`
 */
export async function loadScenario({ name, file }: ScenarioFile): Promise<Scenario> {
  const loaded = await importDefault(name, file);
  if (!isScenario(loaded)) {
    throw new MeshrigError('INVALID_SCENARIO', `Failed to load scenario "${name}": its file exports no scenario`, {
      hint: `Write "export default scenario('${name}', { ... })".`,
    });
  }
  if (loaded.name !== name) {
    throw new MeshrigError('INVALID_SCENARIO', `Failed to load scenario "${name}": it calls itself "${loaded.name}"`, {
      hint: 'A scenario is named after its file.',
    });
  }
  return loaded;
}

type FolderEntry = ReturnType<typeof readFolder>[number];

function readFolder(folder: string) {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (cause) {
    const fact = systemCodeOf(cause) === 'ENOENT' ? 'there is no such folder' : messageOf(cause);
    throw new MeshrigError('UNREADABLE_FILE', `Failed to read folder "${folder}": ${fact}`, { cause });
  }
}

function getPath(entry: FolderEntry): string {
  return join(entry.parentPath, entry.name);
}

function selectByName(files: readonly ScenarioFile[], asked: string): ScenarioFile[] {
  const name = asked.replace(/^(?:\.\/)?scenarios\//, '').replace(/(?:\.ts|\/)$/, '');
  const found = files.filter((file) => file.name === name || file.name.startsWith(`${name}/`));
  if (found.length > 0) return found;
  const nearest = findNearestNames(name, files);
  throw new MeshrigError('UNKNOWN_SCENARIO', `Failed to find scenario "${asked}": there is none of that name`, {
    hint: nearest.length === 0 ? 'See: meshrig list' : `Did you mean ${nearest.join(', ')}? See: meshrig list`,
  });
}

const NEAREST_NAMES = 3;

/** Whole names and families, nearest first, as far as they are near. */
function findNearestNames(name: string, files: readonly ScenarioFile[]): string[] {
  const families = files.map((file) => file.name.split('/', 1)[0] ?? '');
  const known = new Set([...files.map((file) => file.name), ...families]);
  const limit = Math.max(2, Math.floor(name.length / 4));
  const ranked = Array.from(known, (candidate) => ({ candidate, far: measure(name, candidate) }));
  return ranked
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far)
    .slice(0, NEAREST_NAMES)
    .map(({ candidate }) => candidate);
}

/** A name without its family is near to the whole name. */
function measure(name: string, candidate: string): number {
  const ownName = candidate.slice(candidate.indexOf('/') + 1);
  return Math.min(distance(name, candidate), distance(name, ownName));
}

async function importDefault(name: string, file: string): Promise<unknown> {
  try {
    const { default: exported } = (await importFile(file)) as { readonly default?: unknown };
    // Where the package.json nearby does not say that files are modules, Node wraps what they export once more.
    return isObject(exported) && 'default' in exported ? exported.default : exported;
  } catch (cause) {
    if (cause instanceof MeshrigError) throw cause;
    throw new MeshrigError('INVALID_SCENARIO', `Failed to load scenario "${name}": ${messageOf(cause)}`, { cause });
  }
}

function isScenario(value: unknown): value is Scenario {
  return isObject(value) && 'name' in value && 'describeTopology' in value && 'run' in value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
