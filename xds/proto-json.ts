import { fromJson, toJson, type DescMessage, type JsonValue, type MessageShape } from '@bufbuild/protobuf';
import { anyRegistry, lenientAnyRegistry } from './any-registry.ts';

export interface FromProtoJsonOptions {
  /**
   * Whether a field that the message does not have is an error. Istio reads EnvoyFilter values leniently (istio
   * pilot/pkg/model/envoyfilter.go); files of our own are read strictly. Default true.
   */
  readonly strict?: boolean;
}

/**
 * Reads a message from JSON with camelCase or snake_case names.
 *
 * @throws Error that names the message and field when the value does not fit, or the type URL of an Any that is unknown
 */
export function fromProtoJson<Schema extends DescMessage>(
  schema: Schema,
  json: unknown,
  options: FromProtoJsonOptions = {},
): MessageShape<Schema> {
  return fromJson(schema, json as JsonValue, {
    registry: anyRegistry,
    ignoreUnknownFields: options.strict === false,
  });
}

/** Writes a message as Envoy's admin does: proto field names, types it does not know as a bare `@type`. */
export function toProtoJson<Schema extends DescMessage>(schema: Schema, message: MessageShape<Schema>): JsonValue {
  return toJson(schema, message, { registry: lenientAnyRegistry, useProtoFieldName: true });
}
