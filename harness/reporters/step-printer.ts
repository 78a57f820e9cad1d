import type { TimelineEvent, TimelineEventOf } from '#core/timeline.ts';
import { formatDuration } from '../duration.ts';
import type { ExplanationOfCall } from '#core/timeline.ts';
import { createExplanationLines } from './explanation-lines.ts';
import type { Screen } from './screen.ts';
import { alignRight } from './text-layout.ts';

/** Prints the steps of one scenario as they finish, below each the last table that it asked for and the reasons of expected refusals. */
export interface StepPrinter {
  read(event: TimelineEvent): void;
  /** A failed scenario ends with its explanation in the failure block, so `printsRest` is false for it. */
  finish(printsRest: boolean): void;
}

const DURATION_COLUMN = 59;
const UNDER_TITLE = ' '.repeat(9);

export function createStepPrinter(screen: Screen, wallNow: () => number): StepPrinter {
  let startedAt = 0;
  let pending: ExplanationOfCall[] = [];
  let table = '';
  let printed = new Set<string>();

  function printExplanations(): void {
    for (const explanation of pending) {
      for (const line of printOnce(explanation, printed)) screen.print(line);
    }
    pending = [];
  }

  function printTable(): void {
    for (const line of table.trimEnd().split('\n')) {
      if (line !== '') screen.print(UNDER_TITLE + screen.colors.dim(line.trimEnd()));
    }
    table = '';
  }

  return {
    read(event) {
      if (event.type === 'explanation') pending.push(event);
      if (event.type === 'listing') table = event.table;
      if (event.type === 'step-started') {
        startedAt = wallNow();
        table = '';
        printExplanations();
      }
      if (event.type === 'step-finished') {
        screen.print(createStepLine(screen, event, wallNow() - startedAt));
        printTable();
        printExplanations();
      }
    },
    finish(printsRest) {
      if (printsRest) printExplanations();
      pending = [];
      printed = new Set();
    },
  };
}

/** `  ok  2  forward 127.0.0.1:9080 to ingress:80           3ms  note`. */
function createStepLine(screen: Screen, event: TimelineEventOf<'step-finished'>, wallMs: number): string {
  const rest = `${String(event.step).padStart(3)}  ${event.title}`;
  const line = alignRight(rest, formatDuration(wallMs), DURATION_COLUMN - 4);
  const status = createStepStatus(screen, event.outcome);
  const [note = ''] = event.outcome === 'ok' ? (event.note ?? '').split('\n') : [];
  return note === '' ? status + line : `${status}${line}  ${screen.colors.dim(note)}`;
}

function createStepStatus({ colors }: Screen, outcome: 'ok' | 'failed' | 'left-out'): string {
  switch (outcome) {
    case 'ok':
      return colors.green('  ok');
    case 'failed':
      return colors.red('FAIL');
    case 'left-out':
      return colors.yellow('skip');
  }
}

/** The same reason a second time is one line. */
function printOnce(explanation: ExplanationOfCall, printed: Set<string>): string[] {
  const lines = createExplanationLines(explanation, UNDER_TITLE);
  const key = JSON.stringify([explanation.sentence, explanation.fix]);
  if (printed.has(key)) return [`${UNDER_TITLE}Why    ${explanation.cause}, as above (${explanation.grade})`];
  printed.add(key);
  return lines;
}
