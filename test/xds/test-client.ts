import type { Clock } from '#core/clock.ts';
import { createRandom } from '#core/random.ts';
import {
  startDiscoveryClient,
  type Acceptance,
  type DiscoveryClient,
  type DiscoveryClientEvent,
  type ReceivedResources,
} from '#xds/discovery-client.ts';
import type { DiscoveryStream } from '#xds/discovery-stream.ts';
import { testNode } from './discovery-messages.ts';
import { createWatched, type Watched } from './watched.ts';

export interface TestClient extends AsyncDisposable {
  readonly client: DiscoveryClient;
  readonly received: Watched<ReceivedResources>;
  readonly events: Watched<DiscoveryClientEvent>;
}

/** Starts a client that accepts everything unless `decide` says otherwise. */
export function startTestClient(
  stream: DiscoveryStream,
  clock: Clock,
  decide: (received: ReceivedResources) => Acceptance | Promise<Acceptance> = () => 'accepted',
): TestClient {
  const received = createWatched<ReceivedResources>();
  const events = createWatched<DiscoveryClientEvent>();
  const client = startDiscoveryClient({
    node: testNode,
    stream,
    clock,
    random: createRandom('client'),
    onResponse(response) {
      received.add(response);
      return decide(response);
    },
    onEvent: events.add,
  });
  return { client, received, events, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}
