import { excerptLine } from '#core/excerpt.ts';

export interface SnippetMark {
  /** Counts from 1. */
  readonly line: number;
  /** Counts from 1. */
  readonly column: number;
  readonly length: number;
  /** What follows the carets: `did you mean "perTryTimeout"?`. */
  readonly remark: string | undefined;
  readonly holdsSecret: boolean;
}

/** Draws the marked line, the line above it and carets below, as `ux.md` shows a mistake in a file. */
export function createSnippet(sourceLines: readonly string[], mark: SnippetMark): string {
  const width = String(mark.line).length;
  const show = (line: number): string[] => {
    const text = sourceLines[line - 1];
    if (text === undefined || text.trim() === '' || text === '---') return [];
    return [
      `  ${String(line).padStart(width)} | ${excerptLine(hideSecrets(text, mark.holdsSecret), mark.column).text}`,
    ];
  };
  const { text, column } = excerptLine(sourceLines[mark.line - 1] ?? '', mark.column);
  const carets = '^'.repeat(Math.max(1, Math.min(mark.length, text.length - (column - 1))));
  const pointer = `${' '.repeat(width + 3)}| ${' '.repeat(column - 1)}${carets} ${mark.remark ?? ''}`;
  return [...show(mark.line - 1), ...show(mark.line), pointer.trimEnd()].join('\n');
}

const SECRET_FIELD = /^(.*(?:secret_?access_?key|session_?token|password|private_?key)["']?\s*:\s*)\S.*$/i;
const ANY_FIELD = /^(\s*(?:- )?["']?[\w./-]+["']?:)(?:\s+\S.*)?$/;

// An error message may be pasted anywhere, so it shows the shape of a secret's lines and never their values.
function hideSecrets(line: string, holdsSecret: boolean): string {
  if (!holdsSecret) return line.replace(SECRET_FIELD, '$1(hidden)');
  const field = ANY_FIELD.exec(line);
  return field === null ? '(hidden)' : `${field[1]} (hidden)`;
}
