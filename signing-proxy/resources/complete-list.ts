import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { messageOf } from '#core/errors.ts';
import type { ReceivedResources } from '#xds/discovery-client.ts';
import type { Accepted } from './accepted.ts';
import {
  checkConstraints,
  decodeResources,
  type DecodedResource,
  type Rejection,
  type ResourceFormat,
} from './decode-resources.ts';

export interface CompleteListOptions<Schema extends DescMessage, Plan> extends ResourceFormat<Schema> {
  /** The word for one resource in messages: `listener`. */
  readonly noun: string;
  /** Listeners are removed first, so that an address can change its listener; clusters last (make before break). */
  readonly removal: 'first' | 'last';
  /** Checks and compiles a resource whole. */
  readonly compile: (message: MessageShape<Schema>) => Plan;
  /** Takes what was compiled. May still refuse it by throwing. */
  readonly apply: (accepted: Accepted<Plan>) => void;
  readonly remove: (name: string) => void;
}

/** Resources of which every response is the complete list: clusters and listeners. */
export interface CompleteList {
  /**
   * Applies a response: good resources serve even when others are refused, missing ones are removed, unchanged ones are
   * left alone (xds.md 2.2).
   *
   * @throws ConfigError when the response as a whole cannot be read
   */
  readonly apply: (received: ReceivedResources) => readonly Rejection[];
}

export function createCompleteList<Schema extends DescMessage, Plan>(
  options: CompleteListOptions<Schema, Plan>,
): CompleteList {
  const known = new Map<string, Uint8Array>();

  function removeMissing(names: ReadonlySet<string>): void {
    for (const name of Array.from(known.keys())) {
      if (names.has(name)) continue;
      known.delete(name);
      options.remove(name);
    }
  }

  function take({ name, message, raw }: DecodedResource<MessageShape<Schema>>, version: string): Rejection | undefined {
    const current = known.get(name);
    if (current !== undefined && Buffer.compare(current, raw) === 0) return undefined;
    try {
      checkConstraints(options.schema, message);
      options.apply({ name, value: options.compile(message), version, raw });
      known.set(name, raw);
      return undefined;
    } catch (error) {
      return { name, reason: messageOf(error) };
    }
  }

  return {
    apply(received) {
      const decoded = decodeResources(received, options);
      const names = new Set(decoded.map(({ name }) => name));
      if (options.removal === 'first') removeMissing(names);
      const seen = new Set<string>();
      const rejections = decoded.flatMap((resource) => {
        const { name } = resource;
        if (seen.has(name)) return { name, reason: `duplicate ${options.noun} ${name} found` };
        seen.add(name);
        return take(resource, received.version) ?? [];
      });
      if (options.removal === 'last') removeMissing(names);
      return rejections;
    },
  };
}
