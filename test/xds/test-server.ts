import { createRandom } from '#core/random.ts';
import {
  createDiscoveryServer,
  type DiscoveryServer,
  type DiscoveryServerEvent,
  type NamedResource,
} from '#xds/discovery-server.ts';
import { createWatched, type Watched } from './watched.ts';

export interface TestServer {
  readonly server: DiscoveryServer;
  readonly events: Watched<DiscoveryServerEvent>;
  /** All resources by type URL. */
  readonly world: Map<string, readonly NamedResource[]>;
}

/** A server whose generator gives what `world` has of the names asked for, and says nothing about other types. */
export function createTestServer(): TestServer {
  const events = createWatched<DiscoveryServerEvent>();
  const world = new Map<string, readonly NamedResource[]>();
  const server = createDiscoveryServer({
    random: createRandom('server'),
    version: 'v0',
    generate: ({ typeUrl, names }) =>
      world.get(typeUrl)?.filter(({ name }) => names.length === 0 || names.includes(name)),
    onEvent: events.add,
  });
  return { server, events, world };
}
