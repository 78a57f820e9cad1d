import type { PathRow } from './path-rows.ts';
import { shorten, spellInvisible, WIDTH } from './text-layout.ts';

const NAME_WIDTH = 19;
const LONGEST_NAME = 40;
const ACTION_WIDTH = 20;

/** The hops of a request as a table with a title; nothing when there are none. */
export function renderPath(rows: readonly PathRow[]): string[] {
  if (rows.length === 0) return [];
  const longest = Math.max(...rows.map(({ name }) => name.length)) + 1;
  const nameWidth = Math.min(LONGEST_NAME, Math.max(NAME_WIDTH, longest));
  return ['Path', ...rows.flatMap((row) => renderRow(row, nameWidth))];
}

/** A note that does not fit gets a line of its own. */
function renderRow({ number, name, action, note }: PathRow, nameWidth: number): string[] {
  const label = `  ${String(number).padEnd(3)}${shorten(name, nameWidth - 1).padEnd(nameWidth)}`;
  const noteText = spellInvisible(note);
  const room = Math.max(ACTION_WIDTH, WIDTH - label.length - noteText.length - 1);
  const actionText = fitAction(spellInvisible(action), Math.min(room, WIDTH - label.length));
  const oneLine = `${label}${actionText} ${noteText}`.trimEnd();
  if (oneLine.length <= WIDTH) return [oneLine];
  return [`${label}${actionText}`, `${' '.repeat(label.length)}${shorten(noteText, WIDTH - label.length)}`];
}

/** Keeps the columns, but cuts an action only where its row has no room for it. */
function fitAction(action: string, room: number): string {
  return (action.length <= room ? action : shorten(action, ACTION_WIDTH)).padEnd(ACTION_WIDTH);
}
