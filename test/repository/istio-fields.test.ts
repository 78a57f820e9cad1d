import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { KINDS, REFUSED_KINDS } from '#control-plane/kube/kinds.ts';

const DOCUMENT = 'docs/istio-fields.md';

type Treatment = 'refused' | 'without effect';

/** `Kind.path.field` of every field that is known by name alone, with what becomes of it. */
function listNamedOnly(schema: z.ZodType, path: string): [string, Treatment][] {
  const bare = unwrap(schema);
  if (bare instanceof z.ZodUndefined) return [[path, 'refused']];
  if (bare instanceof z.ZodUnknown) return [[path, 'without effect']];
  if (bare instanceof z.ZodArray) return listNamedOnly(bare.element as z.ZodType, path);
  if (bare instanceof z.ZodRecord) return listNamedOnly(bare.valueType as z.ZodType, path);
  if (bare instanceof z.ZodPipe) return listNamedOnly(bare.out as z.ZodType, path);
  if (!(bare instanceof z.ZodObject)) return [];
  return Object.entries(bare.shape as Record<string, z.ZodType>)
    .filter(([name]) => !IGNORED.has(`${path}.${name}`.split('.').slice(1).join('.')))
    .flatMap(([name, inner]) => listNamedOnly(inner, `${path}.${name}`));
}

/** What the API server writes itself, and what is read as a message of Envoy. */
const IGNORED = new Set(['metadata', 'status', 'spec.configPatches.patch.value']);

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? unwrap(schema.unwrap() as z.ZodType)
    : schema;
}

const ISTIO = Object.entries(KINDS).filter(([, { apiVersions }]) =>
  apiVersions.some((version) => version.includes('istio.io')),
);
const fields = new Map(
  ISTIO.flatMap(([kind, { schema }]) => listNamedOnly(schema, kind)).map(([path, treatment]) => [
    shorten(path),
    treatment,
  ]),
);

/** The same settings stand in several places. */
function shorten(path: string): string {
  return path
    .replace('.spec.', '.')
    .replace('.subsets.', '.')
    .replace('.portLevelSettings.', '.')
    .replace(/\.(?:ingressGateways|egressGateways|pilot)\.k8s\./, '.k8s.');
}

/** The names in backticks that begin the lines below a heading of the document. */
function readSection(heading: string): string[] {
  const [, rest = ''] = readFileSync(DOCUMENT, 'utf8').split(`## ${heading}\n`);
  const [section = ''] = rest.split('\n## ');
  return Array.from(section.matchAll(/^- `([\w.]+)`/gm), ([, name = '']) => name).toSorted();
}

function fieldsThatAre(treatment: Treatment): string[] {
  return Array.from(fields)
    .flatMap(([name, of]) => (of === treatment ? [name] : []))
    .toSorted();
}

test('the document lists every kind and field that is refused by name', () => {
  expect(readSection('Refused')).toEqual([...REFUSED_KINDS, ...fieldsThatAre('refused')].toSorted());
});

test('the document lists every field that is known and has no effect', () => {
  expect(readSection('Without effect')).toEqual(fieldsThatAre('without effect'));
});
