import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { anyIs, type Any } from '@bufbuild/protobuf/wkt';
import { decodeMessage } from '#xds/decode-message.ts';
import { ConfigError } from '../config-error.ts';
import { checkConstraints } from './decode-resources.ts';

/**
 * Unpacks the configuration of an extension and checks it against the rules of its proto.
 *
 * @throws ConfigError in Envoy's words when it is of another type or breaks a rule
 */
export function unpackConfig<Schema extends DescMessage>(config: Any, schema: Schema): MessageShape<Schema> {
  if (!anyIs(config, schema)) throw new ConfigError(`Unable to unpack as ${schema.typeName}: [${config.typeUrl}]`);
  const message = decodeMessage(schema, config.value);
  checkConstraints(schema, message);
  return message;
}
