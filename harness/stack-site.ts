import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceLocation } from '#core/errors.ts';
import { createRecentCache } from '#core/recent-cache.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const OWN_FOLDERS = ['harness/', 'core/', 'mock-aws/', 'signing-proxy/', 'control-plane/', 'xds/', 'node_modules/'];
/** By file: the map of the bundle takes a fifth of a second to read. */
const maps = createRecentCache<SourceMap>(5);

/** The first line of a stack that is neither ours nor a library's: the line of the scenario. Its path is relative to the working directory. */
export function findScenarioSite(stack: string): SourceLocation | undefined {
  for (const frame of stack.split('\n')) {
    const [, place, line, column] = /(?:^|[\s(])((?:file:\/\/)?\/[^()]+?):(\d+):(\d+)\)?$/.exec(frame.trim()) ?? [];
    if (place === undefined) continue;
    const file = place.startsWith('file://') ? fileURLToPath(place) : place;
    const site = findSource({ file, line: Number(line), column: Number(column) });
    if (!isOwn(site.file)) return { ...site, file: relative(process.cwd(), site.file) };
  }
  return undefined;
}

/**
 * The place in the source, for code that runs from a bundle. Node could map every stack, but then reads every map at every start; a
 * map is needed only when something failed.
 */
function findSource(site: SourceLocation): SourceLocation {
  const mapFile = `${site.file}.map`;
  if (!existsSync(mapFile)) return site;
  const entry = maps.get(mapFile, () => readMap(mapFile)).findEntry(site.line - 1, site.column - 1);
  if (!('originalSource' in entry)) return site;
  const file = resolve(dirname(site.file), entry.originalSource);
  return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

function readMap(file: string): SourceMap {
  return new SourceMap(JSON.parse(readFileSync(file, 'utf8')) as ConstructorParameters<typeof SourceMap>[0]);
}

function isOwn(file: string): boolean {
  if (file.includes('/node_modules/')) return true;
  return file.startsWith(PROJECT) && OWN_FOLDERS.some((folder) => file.slice(PROJECT.length).startsWith(folder));
}
