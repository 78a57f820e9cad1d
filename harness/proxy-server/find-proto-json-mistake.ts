import { fromJson, type DescField, type DescMessage, type JsonValue } from '@bufbuild/protobuf';
import { messageOf } from '#core/errors.ts';
import { findNearest } from '#core/nearest.ts';
import { anyRegistry, getTypeName } from '#xds/any-registry.ts';

/** Where a JSON value does not fit its message, and why. */
export interface ProtoJsonMistake {
  readonly path: readonly (string | number)[];
  readonly text: string;
  /** The name is wrong, not the value. */
  readonly isKey: boolean;
  readonly nearest: string | undefined;
}

type Path = ProtoJsonMistake['path'];

/** Finds the first value that does not fit, as deep inside as it can be named; undefined when every part alone fits. */
export function findProtoJsonMistake(
  schema: DescMessage,
  json: unknown,
  path: Path = [],
): ProtoJsonMistake | undefined {
  if (schema.typeName === 'google.protobuf.Any') return findInAny(json, path);
  if (schema.typeName.startsWith('google.protobuf.')) return tryDecode(schema, json, path);
  if (!isObject(json)) return createMistake(path, `expected fields of ${schema.typeName}, got ${JSON.stringify(json)}`);
  for (const [key, value] of Object.entries(json)) {
    const field = schema.fields.find(({ name, jsonName }) => name === key || jsonName === key);
    const mistake =
      field === undefined ? describeUnknown(schema, key, path) : findInField(field, value, [...path, key]);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}

function findInField(field: DescField, value: unknown, path: Path): ProtoJsonMistake | undefined {
  if (value === null) return undefined;
  if (field.fieldKind === 'list' && field.listKind === 'message' && Array.isArray(value)) {
    return findFirst(value.entries(), ([index, item]) => findProtoJsonMistake(field.message, item, [...path, index]));
  }
  if (field.fieldKind === 'map' && field.mapKind === 'message' && isObject(value)) {
    return findFirst(Object.entries(value), ([key, item]) => findProtoJsonMistake(field.message, item, [...path, key]));
  }
  if (field.fieldKind === 'message') return findProtoJsonMistake(field.message, value, path);
  return tryDecode(field.parent, { [field.name]: value }, path);
}

function findInAny(json: unknown, path: Path): ProtoJsonMistake | undefined {
  if (!isObject(json)) return createMistake(path, `expected an object with "@type", got ${JSON.stringify(json)}`);
  const { '@type': typeUrl, ...fields } = json;
  if (typeof typeUrl !== 'string') return createMistake(path, 'expected "@type", the type of this configuration');
  const schema = anyRegistry.getMessage(getTypeName({ typeUrl }));
  if (schema === undefined) return createMistake([...path, '@type'], `unknown type "${typeUrl}"`);
  if (schema.typeName.startsWith('google.protobuf.')) return tryDecode(schema, fields['value'], [...path, 'value']);
  return findProtoJsonMistake(schema, fields, path);
}

function describeUnknown(schema: DescMessage, key: string, path: Path): ProtoJsonMistake {
  const nearest = findNearest(
    key,
    schema.fields.map(({ name }) => name),
  );
  const fact = `unknown field "${key}" in ${schema.typeName}`;
  const text = nearest === undefined ? fact : `${fact}, did you mean "${nearest}"?`;
  return { path: [...path, key], text, isKey: true, nearest };
}

function tryDecode(schema: DescMessage, json: unknown, path: Path): ProtoJsonMistake | undefined {
  try {
    fromJson(schema, json as JsonValue, { registry: anyRegistry });
    return undefined;
  } catch (error) {
    return createMistake(path, messageOf(error));
  }
}

function createMistake(path: Path, text: string): ProtoJsonMistake {
  return { path, text, isKey: false, nearest: undefined };
}

function findFirst<T>(
  items: Iterable<T>,
  find: (item: T) => ProtoJsonMistake | undefined,
): ProtoJsonMistake | undefined {
  for (const item of items) {
    const mistake = find(item);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
