import { createColors } from 'picocolors';
import type { CanonicalDiff, DiffPiece } from './canonical-diff.ts';
import { shorten, spellInvisible, WIDTH } from './text-layout.ts';

export interface RenderOptions {
  /** Marks differences by colour; without it, by carets below the line. Default: false. */
  readonly color?: boolean;
}

const INDENT = '    ';
const CONTEXT = 24;

/** The canonical request that was signed beside the one that was checked; runs of equal headers are counted. */
export function renderCanonicalDiff(diff: CanonicalDiff, options: RenderOptions = {}): string[] {
  const { pieces, stringToSign } = diff;
  return [
    ...renderTitle(diff),
    ...renderPieces(pieces, options),
    ...stringToSign.flatMap((piece) => renderDifference(withName(piece), options)),
    ...renderHashes(diff),
  ];
}

function renderTitle({ signedBy, checkedBy }: CanonicalDiff): string[] {
  const names = `- signed by ${signedBy}    + checked by ${checkedBy}`;
  const column = Math.min(TITLE_COLUMN, WIDTH - names.length);
  if (column <= TITLE.length) return [TITLE, `  ${shorten(names, WIDTH - 2)}`];
  return [`${TITLE.padEnd(column)}${names}`];
}

const TITLE = 'Canonical request';
const TITLE_COLUMN = 30;

function renderPieces(pieces: readonly DiffPiece[], options: RenderOptions): string[] {
  const lines: string[] = [];
  let equal: DiffPiece[] = [];
  const flush = () => {
    if (equal.length > 0) lines.push(`${INDENT}... ${describeEqual(equal)}`);
    equal = [];
  };
  for (const piece of pieces) {
    const isEqual = piece.signed === piece.checked;
    if (isEqual && piece.kind !== 'method' && piece.kind !== 'path' && piece.kind !== 'query') {
      equal.push(piece);
      continue;
    }
    flush();
    lines.push(
      ...(isEqual
        ? [`${INDENT}${shorten(showPiece(piece), WIDTH - INDENT.length)}`]
        : renderDifference(piece, options)),
    );
  }
  flush();
  return lines;
}

function describeEqual(pieces: readonly DiffPiece[]): string {
  const headers = pieces.filter(({ kind }) => kind === 'header').length;
  const others = pieces.filter(({ kind }) => kind !== 'header').map(({ kind }) => `equal ${kind.replace('-', ' ')}`);
  const counted = headers === 0 ? [] : [`${headers} equal ${headers === 1 ? 'header' : 'headers'}`];
  return [...counted, ...others].join(', ');
}

function showPiece({ kind, signed }: DiffPiece): string {
  return kind === 'query' && signed === '' ? '(no query)' : spellInvisible(signed ?? '');
}

function withName(piece: DiffPiece): DiffPiece {
  const name = (value: string | undefined) => (value === undefined ? undefined : `${piece.kind} ${value}`);
  return { ...piece, signed: name(piece.signed), checked: name(piece.checked) };
}

function renderDifference(piece: DiffPiece, options: RenderOptions): string[] {
  const [signed, checked] = fitPair(show(piece, piece.signed), show(piece, piece.checked));
  return [
    ...renderSide('-', { text: signed, other: checked }, options),
    ...renderSide('+', { text: checked, other: signed }, options),
  ];
}

function show({ kind }: DiffPiece, value: string | undefined): string | undefined {
  if (value === '' && kind === 'query') return '(no query)';
  return value === undefined ? undefined : spellInvisible(value);
}

/** Long lines are cut around their first difference. */
function fitPair(signed: string | undefined, checked: string | undefined): [string | undefined, string | undefined] {
  const room = WIDTH - INDENT.length;
  const longest = Math.max(signed?.length ?? 0, checked?.length ?? 0);
  const common = countCommon(signed ?? '', checked ?? '');
  if (longest <= room) return [signed, checked];
  const name = /^[^:]*:/.exec(signed ?? checked ?? '')?.[0] ?? '';
  const start = Math.max(0, common - CONTEXT);
  const cut = (text: string | undefined) => {
    if (text === undefined) return undefined;
    return shorten(start <= name.length ? text : `${name}...${text.slice(start)}`, room);
  };
  return [cut(signed), cut(checked)];
}

function renderSide(
  sign: '-' | '+',
  { text, other }: { readonly text: string | undefined; readonly other: string | undefined },
  { color = false }: RenderOptions,
): string[] {
  if (text === undefined) return [];
  const start = countCommon(text, other ?? '');
  const end = text.length - countCommonEnd(text.slice(start), (other ?? '').slice(start));
  if (!color) {
    const carets =
      other === undefined || end <= start ? [] : [`${INDENT}${' '.repeat(start)}${'^'.repeat(end - start)}`];
    return [`  ${sign} ${text}`, ...carets];
  }
  const { red, green, inverse } = createColors(true);
  const paint = sign === '-' ? red : green;
  return [paint(`  ${sign} ${text.slice(0, start)}${inverse(text.slice(start, end))}${text.slice(end)}`)];
}

function countCommon(left: string, right: string): number {
  let count = 0;
  while (count < left.length && left[count] === right[count]) count += 1;
  return count;
}

function countCommonEnd(left: string, right: string): number {
  let count = 0;
  while (count < left.length && count < right.length && left.at(-1 - count) === right.at(-1 - count)) count += 1;
  return count;
}

function renderHashes({ signedHash, checkedHash }: CanonicalDiff): string[] {
  const show = (hash: string) => `sha256 ${hash.slice(0, 8)}...`;
  if (signedHash === checkedHash) return [`${INDENT}equal ${show(signedHash)}`];
  return [`  - ${show(signedHash)}   + ${show(checkedHash)}`];
}
