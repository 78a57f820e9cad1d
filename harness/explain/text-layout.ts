/** Inner width of a block that a reporter indents by three: 80 columns in all. */
export const WIDTH = 77;

/** Breaks text at blanks; a word longer than the width gets a line of its own. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A label and its text; further lines are indented below the text. */
export function renderLabelled(label: string, clauses: readonly string[], labelWidth: number): string[] {
  const lines = clauses.flatMap((clause) => wrapText(spellInvisible(clause), WIDTH - labelWidth));
  return lines.map((line, index) => `${(index === 0 ? label : '').padEnd(labelWidth)}${line}`);
}

/** Cuts text that is too long and says so. */
export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 3))}...`;
}

/** Control characters, bytes above 7F and outer blanks as escapes, so that a difference in them can be seen. */
export function spellInvisible(text: string): string {
  return text
    .replace(/\t/g, '\\t')
    .replace(/[^\x20-\x7e]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replace(/^ +| +$/g, (blanks) => '\\x20'.repeat(blanks.length));
}
