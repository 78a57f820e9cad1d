import type { PathRow } from './path-rows.ts';
import { shorten, spellInvisible, WIDTH } from './text-layout.ts';

const NAME_WIDTH = 19;
/** Room for the name of a pod, as Kubernetes makes them. */
const LONGEST_NAME = 50;
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
  const actionText = spellInvisible(action);
  const oneLine = `${label}${fitAction(actionText, WIDTH - label.length - noteText.length - 1)} ${noteText}`.trimEnd();
  if (oneLine.length <= WIDTH) return [oneLine];
  const room = WIDTH - label.length;
  return [`${label}${shorten(actionText, room)}`, `${' '.repeat(label.length)}${shorten(noteText, room)}`];
}

/** Keeps the columns, but cuts an action only where its row has no room for it. */
function fitAction(action: string, room: number): string {
  return (action.length <= Math.max(ACTION_WIDTH, room) ? action : shorten(action, ACTION_WIDTH)).padEnd(ACTION_WIDTH);
}
