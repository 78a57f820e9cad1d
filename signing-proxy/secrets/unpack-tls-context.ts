import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { getTypeName } from '#xds/any-registry.ts';
import { RawBufferSchema, type TransportSocket } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { unpackConfig } from '../resources/unpack-config.ts';

/**
 * Finds the TLS context of a transport socket; undefined for plain text.
 *
 * @throws ConfigError for a transport socket of any other kind
 */
export function unpackTlsContext<Schema extends DescMessage>(
  socket: TransportSocket | undefined,
  schema: Schema,
): MessageShape<Schema> | undefined {
  if (socket === undefined) return undefined;
  const config = socket.configType.value;
  const type = config === undefined ? '' : getTypeName(config);
  if (type === RawBufferSchema.typeName || socket.name === 'envoy.transport_sockets.raw_buffer') return undefined;
  if (config !== undefined && type === schema.typeName) return unpackConfig(config, schema);
  throw new ConfigError(`Didn't find a registered implementation for '${socket.name}' with type URL: '${type}'`);
}
