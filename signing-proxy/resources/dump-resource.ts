import { create, fromBinary, type DescMessage, type JsonValue, type MessageShape } from '@bufbuild/protobuf';
import {
  ClusterLoadAssignmentSchema,
  ClusterSchema,
  DataSourceSchema,
  ListenerSchema,
  RouteConfigurationSchema,
  SecretSchema,
} from '#xds/generated/messages.js';
import { toProtoJson } from '#xds/proto-json.ts';

/** The kinds of `istioctl proxy-config`. */
export type ConfigKind = 'listener' | 'route' | 'cluster' | 'endpoint' | 'secret';

/** An accepted message as Envoy's admin shows it, private keys hidden. */
export function dumpResource(kind: ConfigKind, raw: Uint8Array): JsonValue {
  switch (kind) {
    case 'listener':
      return toJson(ListenerSchema, raw);
    case 'route':
      return toJson(RouteConfigurationSchema, raw);
    case 'cluster':
      return toJson(ClusterSchema, raw);
    case 'endpoint':
      return toJson(ClusterLoadAssignmentSchema, raw);
    case 'secret':
      return toJson(SecretSchema, raw, hidePrivateKey);
  }
}

function toJson<Schema extends DescMessage>(
  schema: Schema,
  raw: Uint8Array,
  edit?: (message: MessageShape<Schema>) => void,
): JsonValue {
  const message = fromBinary(schema, raw);
  edit?.(message);
  return toProtoJson(schema, message);
}

function hidePrivateKey({ type }: MessageShape<typeof SecretSchema>): void {
  if (type.case !== 'tlsCertificate') return;
  type.value.privateKey = create(DataSourceSchema, {
    specifier: { case: 'inlineBytes', value: Buffer.from('[redacted]') },
  });
}
