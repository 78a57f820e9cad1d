import { MeshrigError, messageOf } from '#core/errors.ts';
import type { Output } from '../reporters/screen.ts';
import { getExit } from './exit-codes.ts';

/**
 * Prints what went wrong, where, what to do, and how the process ends.
 *
 * @returns the exit code
 */
export function printError(error: unknown, output: Output): number {
  const exit = getExit(error instanceof MeshrigError ? error.code : 'BUG');
  for (const line of createErrorLines(error)) output.write(`${line}\n`);
  output.write(`exit ${exit.code}   ${exit.reason}\n`);
  return exit.code;
}

function createErrorLines(error: unknown): string[] {
  // Nobody should have to reproduce a bug of ours only to see its stack.
  if (!(error instanceof MeshrigError))
    return [error instanceof Error ? (error.stack ?? error.message) : messageOf(error)];
  const hint = error.hint === undefined ? [] : [error.hint];
  return [...createPlaceLines(error), ...hint];
}

function createPlaceLines({ message, location }: MeshrigError): string[] {
  if (location === undefined) return [message];
  const place = `${location.file}:${location.line}:${location.column}`;
  const headline = message.includes(place) ? message : `${place}  ${message}`;
  const snippet = location.snippet;
  return snippet === undefined || message.includes(snippet) ? [headline] : [headline, snippet];
}
