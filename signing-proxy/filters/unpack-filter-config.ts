import { fromBinary, type JsonObject } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { getTypeName } from '#xds/any-registry.ts';
import { TypedStructSchema, UdpaTypedStructSchema } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { EncodedConfig } from './filter-factory.ts';

/** A configuration taken out of its Any, or out of a TypedStruct in one. */
export interface UnpackedConfig {
  readonly typeName: string;
  readonly config: EncodedConfig;
}

/** Looks inside an Any: a TypedStruct stands for the type that it names. */
export function unpackFilterConfig(any: Any): UnpackedConfig {
  const typeName = getTypeName(any);
  const struct = unpackTypedStruct(typeName, any.value);
  if (struct === undefined) return { typeName, config: { bytes: any.value } };
  return { typeName: getTypeName(struct), config: { json: struct.value ?? {} } };
}

/** What Envoy says about a type that nothing is registered for. */
export function createUnknownError(name: string, typeName: string): ConfigError {
  return new ConfigError(`Didn't find a registered implementation for '${name}' with type URL: '${typeName}'`);
}

function unpackTypedStruct(
  typeName: string,
  value: Uint8Array,
): { readonly typeUrl: string; readonly value?: JsonObject | undefined } | undefined {
  if (typeName === UdpaTypedStructSchema.typeName) return fromBinary(UdpaTypedStructSchema, value);
  return typeName === TypedStructSchema.typeName ? fromBinary(TypedStructSchema, value) : undefined;
}
