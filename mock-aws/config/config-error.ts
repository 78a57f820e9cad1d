import { isMap, isNode, type Document, type Node } from 'yaml';
import type { z } from 'zod';
import { MeshrigError, type SourceLocation } from '#core/errors.ts';
import { findNearest } from '#core/nearest.ts';
import { createConfigSnippet, type ConfigText } from './config-snippet.ts';

/** A config file in all the forms a message needs. */
export interface ConfigSource extends ConfigText {
  /** The fields that an entry of a list, or the whole file (undefined), may have. */
  readonly fieldsOf: (list: string | undefined) => readonly string[];
}

type Issue = z.core.$ZodIssue;

/** A mistake the YAML parser found. */
export function createSyntaxError(source: ConfigSource, fact: string, offset: number): MeshrigError {
  return createError(source, fact, locate(source, offset));
}

/** The first mistake the schema found. */
export function createSchemaError(source: ConfigSource, issue: Issue): MeshrigError {
  if (issue.code === 'unrecognized_keys') return createUnknownFieldError(source, issue);
  const node = findNode(source.document, issue.path);
  const place = issue.path.length === 0 ? '' : ` in "${issue.path.join('.')}"`;
  return createError(source, `${lowerFirst(issue.message)}${place}`, locate(source, node?.range?.[0] ?? 0));
}

function createUnknownFieldError(source: ConfigSource, issue: Issue & { code: 'unrecognized_keys' }): MeshrigError {
  const [field = ''] = issue.keys;
  const list = issue.path.findLast((part): part is string => typeof part === 'string');
  const known = source.fieldsOf(list);
  const nearest = findNearest(field, known);
  const hint = nearest === undefined ? `Known fields: ${known.join(', ')}.` : `Did you mean "${nearest}"?`;
  const key = findKey(source.document, issue.path, field);
  const place = list === undefined ? '' : ` in "${list}"`;
  return createError(source, `unknown field "${field}"${place}`, locate(source, key?.range?.[0] ?? 0), hint);
}

function createError(source: ConfigSource, fact: string, location: SourceLocation, hint?: string): MeshrigError {
  const message = `Failed to read config "${source.file}:${location.line}:${location.column}": ${fact}`;
  return new MeshrigError('INVALID_CONFIG', message, hint === undefined ? { location } : { location, hint });
}

function locate(source: ConfigSource, offset: number): SourceLocation {
  const { line, col } = source.lines.linePos(offset);
  return { file: source.file, line, column: col, snippet: createConfigSnippet(source, { line, column: col }) };
}

function findNode(document: Document, path: readonly PropertyKey[]): Node | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node;
  }
  return undefined;
}

function findKey(document: Document, path: readonly PropertyKey[], field: string): Node | undefined {
  const parent = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isMap(parent)) return undefined;
  const key = parent.items.find((pair) => isNode(pair.key) && String(pair.key) === field)?.key;
  return isNode(key) ? key : undefined;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
