import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { messageOf } from '#core/errors.ts';
import type { ReceivedResources } from '#xds/discovery-client.ts';
import type { Accepted } from './accepted.ts';
import { checkConstraints, decodeResources, type Rejection, type ResourceFormat } from './decode-resources.ts';
import type { NamedResources } from './named-resources.ts';

export interface NamedListOptions<Schema extends DescMessage, Value> extends ResourceFormat<Schema> {
  readonly compile: (message: MessageShape<Schema>) => Value;
  readonly store: NamedResources<Accepted<Value>>;
  /** Called for every value that someone uses, before its users hear of it. */
  readonly onServing: (accepted: Accepted<Value>) => void;
}

/** Resources asked for by name (EDS, RDS, SDS): a name that is missing from a response is unchanged. */
export interface NamedList {
  /** @throws ConfigError when the response as a whole cannot be read */
  readonly apply: (received: ReceivedResources) => readonly Rejection[];
}

export function createNamedList<Schema extends DescMessage, Value>(
  options: NamedListOptions<Schema, Value>,
): NamedList {
  const { store } = options;
  return {
    apply(received) {
      return decodeResources(received, options).flatMap(({ name, message, raw }): Rejection | readonly Rejection[] => {
        const current = store.find(name);
        if (current !== undefined && Buffer.compare(current.raw, raw) === 0) return [];
        try {
          checkConstraints(options.schema, message);
          const accepted = { name, value: options.compile(message), version: received.version, raw };
          if (store.isWatched(name)) options.onServing(accepted);
          store.set(name, accepted);
          return [];
        } catch (error) {
          return { name, reason: messageOf(error) };
        }
      });
    },
  };
}
