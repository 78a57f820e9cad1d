/** As much of a long line as fits a terminal. */
export interface Excerpt {
  readonly text: string;
  /** Where the column asked for is in the text; counts from 1. */
  readonly column: number;
}

const WIDTH = 120;

/**
 * The part of a line around a column: all of a short line, and of a long one what is near.
 *
 * @param column counts from 1
 */
export function excerptLine(line: string, column: number): Excerpt {
  const start = column <= WIDTH - 20 ? 0 : column - WIDTH / 2;
  return { text: showControls(line.slice(start, start + WIDTH)), column: column - start };
}

/** One column for each character, and none that a terminal would obey. */
function showControls(text: string): string {
  return text.replaceAll('\t', ' ').replace(/\p{Cc}/gu, '?');
}
