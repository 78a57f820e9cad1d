import { toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { messageOf } from '#core/errors.ts';
import {
  ClusterSchema,
  ListenerSchema,
  SecretSchema,
  type Cluster,
  type Listener,
  type Secret,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { compileListener } from '../listeners/compile-listener.ts';
import { compileSecret } from '../secrets/compile-secret.ts';
import { compileCluster } from '../upstreams/compile-cluster.ts';
import { checkConstraints } from './decode-resources.ts';
import { createSecretInliner } from './inline-static-secrets.ts';
import type { ResourceUsers } from './type-handlers.ts';

/** What a bootstrap configures itself. Discovery adds to it and takes nothing away. */
export interface StaticResources {
  readonly listeners: readonly Listener[];
  readonly clusters: readonly Cluster[];
  readonly secrets: readonly Secret[];
}

/** A resource of the bootstrap that is refused: the process cannot start. */
export class StaticResourceError extends ConfigError {
  readonly list: keyof StaticResources;
  readonly index: number;

  constructor(list: keyof StaticResources, index: number, cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = 'StaticResourceError';
    this.list = list;
    this.index = index;
  }
}

/**
 * Checks the resources of a bootstrap and puts them to work: secrets, then clusters, then listeners.
 *
 * @throws StaticResourceError for the first one that cannot be used
 */
export function addStaticResources(resources: StaticResources, users: ResourceUsers): void {
  const inline = createSecretInliner(resources.secrets);
  takeAll('secrets', resources.secrets, (secret) => {
    checkConstraints(SecretSchema, secret);
    compileSecret(secret);
  });
  takeAll('clusters', resources.clusters, (given) => {
    const cluster = inline.cluster(given);
    checkConstraints(ClusterSchema, cluster);
    users.clusters.addOrUpdate(createAccepted(ClusterSchema, cluster, compileCluster(cluster, users.context)));
  });
  takeAll('listeners', resources.listeners, (given) => {
    const listener = inline.listener(given);
    checkConstraints(ListenerSchema, listener);
    const plan = compileListener(listener, users.context, users.place);
    users.listeners.addOrUpdate(createAccepted(ListenerSchema, listener, plan));
  });
}

function takeAll<T>(list: keyof StaticResources, resources: readonly T[], take: (resource: T) => void): void {
  for (const [index, resource] of resources.entries()) {
    try {
      take(resource);
    } catch (error) {
      throw new StaticResourceError(list, index, error);
    }
  }
}

function createAccepted<Schema extends DescMessage, Plan>(
  schema: Schema,
  message: MessageShape<Schema> & { readonly name: string },
  value: Plan,
) {
  return { name: message.name, value, version: '', raw: toBinary(schema, message) };
}
