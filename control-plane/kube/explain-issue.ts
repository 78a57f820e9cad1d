import { z } from 'zod';
import { findNearest } from '#core/nearest.ts';
import { findKnownFields } from './known-fields.ts';
import type { ManifestProblem } from './manifest-problem.ts';
import type { FieldPath, SourceMap } from './source-map.ts';

export interface CheckedDocument {
  readonly source: SourceMap;
  readonly schema: z.ZodType;
  /** What the top level is called in messages: the document's kind. */
  readonly kind: string;
  /** Where the checked value sits in its document: not at the root when it is an item of a List. */
  readonly root: FieldPath;
  readonly holdsSecret: boolean;
}

/** Puts what zod found wrong into the words of `ux.md`, with the place in the file. */
export function explainIssue(issue: z.core.$ZodIssue, document: CheckedDocument): ManifestProblem[] {
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => explainUnknownField([...path, key], document));
    case 'invalid_type':
      return [issue.input === undefined ? explainMissing(path, document) : explainType(issue, path, document)];
    case 'invalid_value':
      return [explainChoice(issue, path, document)];
    case 'invalid_union':
      return [explainUnion(issue, path, document)];
    case 'invalid_key':
      return [
        atKey(path, `field ${quoteField(path, document)} ${issue.issues[0]?.message ?? issue.message}`, document),
      ];
    default:
      return [atValue(path, `field ${quoteField(path, document)}: ${issue.message}`, document)];
  }
}

function explainUnknownField(path: FieldPath, document: CheckedDocument): ManifestProblem {
  const name = String(path.at(-1));
  const known = findKnownFields(document.schema, path.slice(0, -1));
  const remark = suggest(name, known) ?? (known.length > 0 ? `known: ${known.join(', ')}` : undefined);
  return {
    location: document.source.locateKey([...document.root, ...path], remark),
    text: `unknown field "${name}" in "${nameParent(path, document)}"`,
  };
}

function explainMissing(path: FieldPath, document: CheckedDocument): ManifestProblem {
  return {
    location: document.source.locateKey([...document.root, ...path.slice(0, -1)]),
    text: `missing field ${quoteField(path, document)}`,
  };
}

function explainType(issue: z.core.$ZodIssueInvalidType, path: FieldPath, document: CheckedDocument): ManifestProblem {
  if (issue.expected === 'undefined')
    return atKey(path, `field ${quoteField(path, document)} ${issue.message}`, document);
  const text = `field ${quoteField(path, document)} must be ${nameType(issue.expected)}, got ${describe(issue.input, document)}`;
  return atValue(path, text, document);
}

function explainChoice(
  issue: z.core.$ZodIssueInvalidValue,
  path: FieldPath,
  document: CheckedDocument,
): ManifestProblem {
  if (issue.input === undefined) return explainMissing(path, document);
  const allowed = issue.values.map(String);
  const remark = suggest(spell(issue.input), allowed) ?? `known: ${allowed.join(', ')}`;
  const value = document.holdsSecret ? 'value' : `value ${describe(issue.input, document)}`;
  return atValue(path, `unknown ${value} of field ${quoteField(path, document)}`, document, remark);
}

function explainUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: FieldPath,
  document: CheckedDocument,
): ManifestProblem {
  if (issue.input === undefined) return explainMissing(path, document);
  const types = issue.errors
    .flat()
    .flatMap((option) => (option.code === 'invalid_type' ? [nameType(option.expected)] : []));
  const text = `field ${quoteField(path, document)} must be ${types.join(' or ')}, got ${describe(issue.input, document)}`;
  return atValue(path, text, document);
}

function atValue(path: FieldPath, text: string, document: CheckedDocument, remark?: string): ManifestProblem {
  return { location: document.source.locateValue([...document.root, ...path], remark), text };
}

function atKey(path: FieldPath, text: string, document: CheckedDocument): ManifestProblem {
  return { location: document.source.locateKey([...document.root, ...path]), text };
}

function quoteField(path: FieldPath, document: CheckedDocument): string {
  return `"${String(path.at(-1) ?? document.kind)}" in "${nameParent(path, document)}"`;
}

/** The closest field around, by name: list positions say little to a reader who has the line. */
function nameParent(path: FieldPath, document: CheckedDocument): string {
  return path.slice(0, -1).findLast((part) => typeof part === 'string') ?? document.kind;
}

function suggest(name: string, known: readonly string[]): string | undefined {
  const nearest = findNearest(name, known);
  return nearest === undefined ? undefined : `did you mean "${nearest}"?`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'an integer',
  number: 'a number',
  object: 'a map',
  record: 'a map',
  string: 'a string',
};

function nameType(type: string): string {
  return TYPE_NAMES[type] ?? type;
}

function describe(input: unknown, document: CheckedDocument): string {
  if (input === null) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a map';
  if (document.holdsSecret) return nameType(typeof input);
  return typeof input === 'string' ? `"${input}"` : spell(input);
}

function spell(input: unknown): string {
  return typeof input === 'string' ? input : JSON.stringify(input);
}
