import type { RunDescription, ScenarioFailure, ScenarioResult } from '../results.ts';
import { createExplanationLines } from './explanation-lines.ts';
import { wrapText } from '../explain/text-layout.ts';

const INDENTATION = '   ';
const LOCATION_COLUMN = 40;
const PAGE_WIDTH = 77;

export interface FailureBlockOptions {
  /** Position among the failures of the run. */
  readonly number: number;
  readonly run: RunDescription | undefined;
}

/** Everything about a scenario that did not hold: what, why, which hop, proof, way out, how to run it again. */
export function createFailureLines(
  result: ScenarioResult & { readonly failure: ScenarioFailure },
  { number, run }: FailureBlockOptions,
): string[] {
  const { failure } = result;
  return [
    createHeadline(`${number}) ${result.name}`, failure),
    ...indented(createMessage(failure)),
    ...(failure.hint === undefined ? [] : indented([failure.hint])),
    ...(failure.diff === undefined ? [] : ['', ...indented(failure.diff.split('\n'))]),
    ...(failure.explanation === undefined ? [] : createExplanation(failure.explanation)),
    '',
    ...(run === undefined ? [] : [`${INDENTATION}Again  ${createCommand(result.name, run)}`]),
  ];
}

/** `make` knows the scenarios of this project only. */
function createCommand(name: string, { seed, without, folder }: RunDescription): string {
  const [make, meshrig] = without === undefined ? ['', ''] : [` WITHOUT=${without}`, ` --without ${without}`];
  return folder === undefined
    ? `make scenario NAME=${name} SEED=${seed}${make}`
    : `npx meshrig run ${name} --scenarios ${folder} --seed ${seed}${meshrig}`;
}

function createHeadline(name: string, { location }: ScenarioFailure): string {
  if (location === undefined) return name;
  return `${name.padEnd(LOCATION_COLUMN - 2)}  ${location.file}:${location.line}:${location.column}`;
}

/** Lines that begin with a blank are drawings, and stay as they are. */
function createMessage({ message, location }: ScenarioFailure): string[] {
  const lines = message.split('\n').flatMap((line) => (line.startsWith(' ') ? [line] : wrapText(line, PAGE_WIDTH)));
  const snippet = location?.snippet;
  return snippet === undefined || message.includes(snippet) ? lines : [...lines, ...snippet.split('\n')];
}

function createExplanation(explanation: NonNullable<ScenarioFailure['explanation']>): string[] {
  const details = explanation.details ?? [];
  const lines = createExplanationLines(explanation, INDENTATION);
  return details.length === 0 ? lines : [...lines, '', ...indented(details)];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : INDENTATION + line));
}
