import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { UNSUPPORTED_FIELDS } from '#signing-proxy/resources/unsupported-fields.ts';
import * as messages from '#xds/generated/messages.js';

const DOCUMENT = 'docs/envoy-fields.md';
const PROXY = 'signing-proxy';

/** The proxy's own code, without the list of what it does not do. */
const code = readdirSync(PROXY, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('unsupported-fields.ts'))
  .map((file) => readFileSync(join(PROXY, file), 'utf8'))
  .join('\n');

const words = new Set(code.match(/\w+/g));

/** `Message.field` of every line of the document that lists fields of a message. */
const documented = new Set(
  Array.from(
    readFileSync(DOCUMENT, 'utf8').matchAll(/^- `([\w.]+)`: ((?:`[\w.]+`(?:, )?)+)/gm),
    ([, message, fields = '']) => Array.from(fields.matchAll(/[\w.]+/g), ([field]) => `${message}.${field}`),
  ).flat(),
);

const refused = new Set(
  Object.entries(UNSUPPORTED_FIELDS).flatMap(([type, fields]) => fields.map((field) => `${shorten(type)}.${field}`)),
);

/** What the proxy only sends, and what has no meaning for a configuration. */
const NOT_RECEIVED = /\.core\.v3\.(?:Node|Extension)$|^envoy\.(?:service|admin|type\.v3)\./;

/** Message types that the code unpacks, and all that it reads in them. */
function listReadMessages(): DescMessage[] {
  const named = Object.entries(messages).filter(([name]) => name.endsWith('Schema') && words.has(name));
  const found = new Set(named.map(([, schema]) => schema as DescMessage));
  for (const { fields } of found)
    for (const field of fields) if (field.message !== undefined && isRead(field)) found.add(field.message);
  return Array.from(found).filter(({ typeName }) => typeName.startsWith('envoy.') && !NOT_RECEIVED.test(typeName));
}

function isRead({ localName }: DescField): boolean {
  return words.has(localName);
}

function nameOf({ parent, name }: DescField): string {
  return `${shorten(parent.typeName)}.${name}`;
}

function shorten(typeName: string): string {
  return typeName.replace(/^envoy\./, '').replace(/\.v3\./, '.');
}

test('every field of the messages that are read is read, refused by name, or documented to have no effect', () => {
  const fields = listReadMessages().flatMap((schema) => schema.fields);
  const undecided = fields.filter((field) => !isRead(field)).map(nameOf);
  expect(undecided.filter((name) => !refused.has(name) && !documented.has(name))).toEqual([]);
});

test('the document names the fields that are refused', () => {
  expect(Array.from(refused).filter((name) => !documented.has(name))).toEqual([]);
});

test('the document lists no field that is read or not there', () => {
  const known = new Map(listReadMessages().flatMap(({ fields }) => fields.map((field) => [nameOf(field), field])));
  const readNow = Array.from(documented).filter((name) => {
    const field = known.get(name);
    return !refused.has(name) && (field === undefined || isRead(field));
  });
  expect(readNow).toEqual([]);
});
