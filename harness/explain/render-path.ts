import type { PathRow } from './path-rows.ts';
import { shorten, spellInvisible, WIDTH } from './text-layout.ts';

const NAME_WIDTH = 19;
const ACTION_WIDTH = 20;
const LABEL_WIDTH = 5;

/** The hops of a request with a title: a table, or two lines a hop where names are too long for one; nothing when there are none. */
export function renderPath(rows: readonly PathRow[]): string[] {
  if (rows.length === 0) return [];
  const longest = Math.max(...rows.map(({ name }) => name.length)) + 1;
  const table = rows.map((row) => renderRow(row, Math.max(NAME_WIDTH, longest)));
  const isTable = table.every((line) => line.length <= WIDTH);
  return ['Path', ...(isTable ? table : rows.flatMap(renderTwoLines))];
}

function renderRow({ number, name, action, note }: PathRow, nameWidth: number): string {
  const label = `${numberOf(number)}${name.padEnd(nameWidth)}`;
  const noteText = spellInvisible(note);
  return `${label}${fitAction(spellInvisible(action), WIDTH - label.length - noteText.length - 1)} ${noteText}`.trimEnd();
}

function renderTwoLines({ number, name, action, note }: PathRow): string[] {
  const room = WIDTH - LABEL_WIDTH;
  const noteText = spellInvisible(note);
  const actionText = shorten(spellInvisible(action), Math.max(ACTION_WIDTH, room - noteText.length - 2));
  const indent = ' '.repeat(LABEL_WIDTH);
  return [
    `${numberOf(number)}${shorten(name, room)}`,
    `${indent}${shorten(`${actionText}  ${noteText}`.trimEnd(), room)}`,
  ];
}

function numberOf(number: number): string {
  return `  ${String(number).padEnd(LABEL_WIDTH - 2)}`;
}

/** Keeps the columns, but cuts an action only where its row has no room for it. */
function fitAction(action: string, room: number): string {
  return (action.length <= Math.max(ACTION_WIDTH, room) ? action : shorten(action, ACTION_WIDTH)).padEnd(ACTION_WIDTH);
}
