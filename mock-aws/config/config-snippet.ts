import { excerptLine } from '#core/excerpt.ts';
import { isNode, isPair, isScalar, visit, type Document, type LineCounter, type Pair } from 'yaml';

export interface ConfigText {
  readonly file: string;
  readonly text: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

/** Counts from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** Draws the line of a mistake with a caret below. A message may be pasted anywhere, so secrets are hidden in it. */
export function createConfigSnippet({ text, document, lines }: ConfigText, { line, column }: Place): string {
  const whole = hideSecrets(text.split('\n')[line - 1] ?? '', lines.lineStarts[line - 1] ?? 0, document);
  const shown = excerptLine(whole, column);
  const gutter = `  ${line} | `;
  return `${gutter}${shown.text}\n${' '.repeat(gutter.length - 2)}| ${' '.repeat(shown.column - 1)}^`;
}

const SECRET_NAME = /secret|token|password|private_?key/i;
/** For text that is no YAML, which has no fields to look at. */
const SECRET_REST = /^(.*(?:secret|token|password|private_?key)\w*["']?[\s:=]+)\S.*$/i;

function hideSecrets(line: string, lineStart: number, document: Document): string {
  let shown = line.trimEnd();
  for (const [start, end] of findSecretRanges(document).toReversed()) {
    const [from, to] = [Math.max(0, start - lineStart), Math.min(shown.length, end - lineStart)];
    if (from < to) shown = `${shown.slice(0, from)}(hidden)${shown.slice(to)}`;
  }
  return document.errors.length === 0 ? shown : shown.replace(SECRET_REST, '$1(hidden)');
}

/** Where values of secret fields begin and end, in the order of the text. */
function findSecretRanges(document: Document): [start: number, end: number][] {
  const ranges: [number, number][] = [];
  visit(document, {
    Pair(_, pair, path) {
      if (!isNode(pair.value) || !isSecret(pair, path)) return undefined;
      const [start, end] = pair.value.range ?? [0, 0];
      ranges.push([start, end]);
      return visit.SKIP;
    },
  });
  return ranges;
}

/** Whatever an access key has besides its id may be the secret under a misspelt name. */
function isSecret({ key }: Pair, path: readonly unknown[]): boolean {
  const name = isScalar(key) ? String(key.value) : '';
  const list = path.findLast(isPair);
  const isOfAccessKey = isScalar(list?.key) && list.key.value === 'accessKeys';
  return SECRET_NAME.test(name) || (isOfAccessKey && name !== 'accessKeyId');
}
