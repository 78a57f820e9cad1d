import { readFileSync } from 'node:fs';
import { eventsOfType, createTimeline } from '#core/timeline.ts';
import { MemoryNetwork } from '#core/memory-network.ts';
import { createRandom } from '#core/random.ts';
import { ResourceStack } from '#core/resource-stack.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { startControlPlane } from '#control-plane/control-plane.ts';
import { startDiscoveryClient, type Acceptance, type ReceivedResources } from '#xds/discovery-client.ts';
import type { Node } from '#xds/generated/messages.js';
import { createGrpcStream } from '#xds/grpc-stream.ts';

/** When virtual clocks start. */
const START = Date.UTC(2026, 0, 1);
const ADDRESS = { host: '10.43.0.10', port: 15010 };
export const HTTPBIN = 'outbound|8000||httpbin.default.svc.cluster.local';
export const MANIFESTS = {
  file: 'lambda-sidecar.yaml',
  text: readFileSync(new URL('../fixtures/lambda-sidecar.yaml', import.meta.url), 'utf8'),
};

/** A control plane with httpbin in it, and clients of its discovery. */
export async function createControlPlaneWorld({ istioVersion = '1.17.2' } = {}) {
  const stack = new ResourceStack();
  const clock = stack.use(createVirtualClock());
  const timeline = createTimeline(clock);
  const network = new MemoryNetwork({ clock });
  network.addZone('east');
  const random = createRandom('test');
  const controlPlane = stack.use(
    await startControlPlane({
      kubeCluster: 'east',
      clock,
      random: random.fork('istiod'),
      network,
      zone: 'east',
      address: ADDRESS,
      timeline,
      istioVersion,
    }),
  );
  await controlPlane.apply(MANIFESTS);
  await clock.sleep(1_000);

  const connect = (node: Node, onResponse: (received: ReceivedResources) => Acceptance = () => 'accepted') =>
    stack.use(
      startDiscoveryClient({
        node,
        clock,
        random: random.fork(node.id),
        stream: createGrpcStream({ clock, connect: (signal) => network.connect('east', ADDRESS, { signal }) }),
        onResponse,
      }),
    );
  const start = timeline.events().length;
  return {
    clock,
    controlPlane,
    timeline,
    connect,
    /** Pushes since the last time this was asked: when, to whom, what. */
    pushes: createReader(() =>
      eventsOfType(timeline.events().slice(start), 'push').map(
        ({ at, proxy, resourceType, resources }) => `${at - START} ${proxy} ${resourceType} ${resources.length}`,
      ),
    ),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

function createReader(read: () => string[]): () => string[] {
  let seen = 0;
  return () => {
    const lines = read();
    const fresh = lines.slice(seen);
    seen = lines.length;
    return fresh;
  };
}
