import { isMap, isNode, type Document, type LineCounter, type Node } from 'yaml';
import type { SourceLocation } from '#core/errors.ts';
import type { ManifestProblem } from './manifest-problem.ts';
import { createSnippet } from './snippet.ts';

/** Where a field sits in a document: keys and list positions from the root. */
export type FieldPath = readonly (string | number)[];

/** Finds the place in a file that a path into its parsed value came from. */
export interface SourceMap {
  /** The key that was written, for fields that should not be there. A list item has no key: its value counts. */
  locateKey(path: FieldPath, remark?: string): SourceLocation;
  /** The value at the path, or the closest value around it. */
  locateValue(path: FieldPath, remark?: string): SourceLocation;
  /** A byte range that the YAML parser names. */
  locateRange(start: number, end: number, remark?: string): SourceLocation;
}

export interface SourceMapInput {
  readonly file: string;
  readonly text: string;
  readonly document: Document;
  readonly lines: LineCounter;
  /** Whether the document holds a Secret, whose values a snippet must not show. */
  readonly holdsSecret: boolean;
}

export function createSourceMap({ file, text, document, lines, holdsSecret }: SourceMapInput): SourceMap {
  const sourceLines = text.split(/\r?\n/);

  const locateRange = (start: number, end: number, remark?: string): SourceLocation => {
    const { line, col } = lines.linePos(start);
    const snippet = createSnippet(sourceLines, { line, column: col, length: end - start, remark, holdsSecret });
    return { file, line, column: col, snippet };
  };
  const locateNode = (node: Node | undefined, remark?: string): SourceLocation => {
    const [start = 0, end = start] = node?.range ?? [];
    return locateRange(start, end, remark);
  };
  const locateValue = (path: FieldPath, remark?: string): SourceLocation =>
    locateNode(findNode(document, path), remark);

  return {
    locateRange,
    locateValue,
    locateKey(path, remark) {
      const key = findKey(document, path);
      return key === undefined ? locateValue(path, remark) : locateNode(key, remark);
    },
  };
}

/** What YAML itself finds wrong. Later syntax errors mostly follow from the first one, which is the one told. */
export function explainSyntax(document: Document, source: SourceMap): ManifestProblem | undefined {
  const [error] = document.errors;
  if (error === undefined) return undefined;
  const message = error.message.charAt(0).toLowerCase() + error.message.slice(1);
  return { location: source.locateRange(...error.pos), text: `not valid YAML: ${message}` };
}

function findNode(document: Document, path: FieldPath): Node | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node;
  }
  return undefined;
}

function findKey(document: Document, path: FieldPath): Node | undefined {
  const parentPath = path.slice(0, -1);
  const parent = parentPath.length === 0 ? document.contents : document.getIn(parentPath, true);
  if (!isMap(parent)) return undefined;
  const name = path.at(-1);
  const pair = parent.items.find(({ key }) => isNode(key) && String(key) === String(name));
  return isNode(pair?.key) ? pair.key : undefined;
}
