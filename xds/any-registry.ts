import {
  create,
  createRegistry,
  type DescMessage,
  type Message,
  type MessageInitShape,
  type Registry,
} from '@bufbuild/protobuf';
import {
  anyPack,
  AnySchema,
  anyUnpack,
  BoolValueSchema,
  BytesValueSchema,
  DoubleValueSchema,
  DurationSchema,
  EmptySchema,
  FieldMaskSchema,
  FloatValueSchema,
  Int32ValueSchema,
  Int64ValueSchema,
  ListValueSchema,
  StringValueSchema,
  StructSchema,
  TimestampSchema,
  UInt32ValueSchema,
  UInt64ValueSchema,
  ValueSchema,
  type Any,
} from '@bufbuild/protobuf/wkt';
// Fills the table that findLazyMessage looks into.
import './generated/messages.js';
import { findLazyMessage } from './lazy-descriptors.ts';

/** Packs a message, given by its fields, into an Any. */
export function packAny<Schema extends DescMessage>(schema: Schema, init?: MessageInitShape<Schema>): Any {
  return anyPack(schema, create(schema, init));
}

/**
 * Unpacks an Any whose type is among the generated and well-known ones; undefined for any other type.
 *
 * @throws Error when the bytes are not a message of that type
 */
export function unpackAny(any: Any): Message | undefined {
  return anyUnpack(any, anyRegistry);
}

/** The full message name in an Any: its type URL without what stands before the last slash. */
export function getTypeName({ typeUrl }: Pick<Any, 'typeUrl'>): string {
  return typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
}

const WELL_KNOWN_TYPES = [
  AnySchema,
  BoolValueSchema,
  BytesValueSchema,
  DoubleValueSchema,
  DurationSchema,
  EmptySchema,
  FieldMaskSchema,
  FloatValueSchema,
  Int32ValueSchema,
  Int64ValueSchema,
  ListValueSchema,
  StringValueSchema,
  StructSchema,
  TimestampSchema,
  UInt32ValueSchema,
  UInt64ValueSchema,
  ValueSchema,
];

/** All generated and well-known message types. */
export const anyRegistry: Registry = createLazyRegistry(() => undefined);

/**
 * Like {@link anyRegistry}, but takes a type it does not know for a message without fields. `toJson` throws on an Any of
 * unknown type; with this registry it shows the type URL alone.
 */
export const lenientAnyRegistry: Registry = createLazyRegistry(getPlaceholder);

function createLazyRegistry(getOther: (typeName: string) => DescMessage | undefined): Registry {
  const wellKnown = createRegistry(...WELL_KNOWN_TYPES);
  const getMessage = (typeName: string) =>
    findLazyMessage(typeName) ?? WELL_KNOWN_TYPES.find((type) => type.typeName === typeName) ?? getOther(typeName);
  return Object.assign(wellKnown, { getMessage });
}

const placeholders = new Map<string, DescMessage>();

function getPlaceholder(typeName: string): DescMessage {
  const placeholder = placeholders.get(typeName) ?? { ...EmptySchema, typeName };
  placeholders.set(typeName, placeholder);
  return placeholder;
}
