import { fileURLToPath } from 'node:url';
import { relative } from 'node:path';
import type { SourceLocation } from '#core/errors.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const OWN_FOLDERS = ['harness/', 'core/', 'mock-aws/', 'signing-proxy/', 'control-plane/', 'xds/', 'node_modules/'];

/** The first line of a stack that is neither ours nor a library's: the line of the scenario. Its path is relative to the working directory. */
export function findScenarioSite(stack: string): SourceLocation | undefined {
  for (const frame of stack.split('\n')) {
    const [, place, line, column] = /\(?((?:file:\/\/)?\/[^()]+?):(\d+):(\d+)\)?$/.exec(frame.trim()) ?? [];
    if (place === undefined) continue;
    const file = place.startsWith('file://') ? fileURLToPath(place) : place;
    if (isOwn(file)) continue;
    return { file: relative(process.cwd(), file), line: Number(line), column: Number(column) };
  }
  return undefined;
}

function isOwn(file: string): boolean {
  if (file.includes('/node_modules/')) return true;
  return file.startsWith(PROJECT) && OWN_FOLDERS.some((folder) => file.slice(PROJECT.length).startsWith(folder));
}
