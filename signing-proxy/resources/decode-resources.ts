import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { anyUnpack, type Any } from '@bufbuild/protobuf/wkt';
import { messageOf } from '#core/errors.ts';
import { decodeMessage } from '#xds/decode-message.ts';
import type { ReceivedResources } from '#xds/discovery-client.ts';
import { ResourceSchema } from '#xds/generated/messages.js';
import { findViolation } from '#xds/validate-message.ts';
import { ConfigError } from '../config-error.ts';
import { refuseUnsupported } from './refuse-unsupported.ts';

/** A resource that could be read. */
export interface DecodedResource<Message> {
  readonly name: string;
  readonly message: Message;
  readonly raw: Uint8Array;
}

/** A resource that was refused, and why. */
export interface Rejection {
  readonly name: string;
  readonly reason: string;
}

export interface ResourceFormat<Schema extends DescMessage> {
  readonly schema: Schema;
  readonly nameOf: (message: MessageShape<Schema>) => string;
}

/**
 * Reads the resources of a response.
 *
 * @throws ConfigError when one cannot be decoded: then nothing of the response can be trusted
 */
export function decodeResources<Schema extends DescMessage>(
  received: ReceivedResources,
  format: ResourceFormat<Schema>,
): DecodedResource<MessageShape<Schema>>[] {
  return received.resources.map((any) => {
    const { typeUrl, value: raw } = unwrap(any);
    if (typeUrl !== received.typeUrl)
      throw new ConfigError(`Unable to unpack as ${format.schema.typeName}: [${typeUrl}]`);
    const message = decode(format.schema, raw);
    return { name: format.nameOf(message), message, raw };
  });
}

/** @throws ConfigError in Envoy's words when a value breaks a rule of its protos, and for a field that is not supported */
export function checkConstraints<Schema extends DescMessage>(schema: Schema, message: MessageShape<Schema>): void {
  const violation = findViolation(schema, message);
  if (violation !== undefined) throw new ConfigError(`Proto constraint validation failed (${violation})`);
  refuseUnsupported(schema, message);
}

/** The NACK's text: what Envoy begins it with, and a line for each resource. Undefined when nothing was refused. */
export function formatRejections(prefix: string, rejections: readonly Rejection[]): string | undefined {
  if (rejections.length === 0) return undefined;
  return prefix + rejections.map(({ name, reason }) => `${name}: ${reason}`).join('\n');
}

/** Servers may put a resource into an envelope that has its name and version. */
function unwrap(any: Any): Any {
  return anyUnpack(any, ResourceSchema)?.resource ?? any;
}

function decode<Schema extends DescMessage>(schema: Schema, raw: Uint8Array): MessageShape<Schema> {
  try {
    return decodeMessage(schema, raw);
  } catch (cause) {
    throw new ConfigError(`Unable to unpack as ${schema.typeName}: ${messageOf(cause)}`, { cause });
  }
}
