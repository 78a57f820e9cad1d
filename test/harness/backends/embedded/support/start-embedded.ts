import { createRandom } from '#core/random.ts';
import { createTimeline, type Timeline } from '#core/timeline.ts';
import { createVirtualClock, type VirtualClock } from '#core/virtual-clock.ts';
import type { StartedTopology } from '#harness/backends/backend.ts';
import { createEmbeddedBackend } from '#harness/backends/embedded/embedded-backend.ts';
import type { Topology } from '#harness/topology.ts';

export interface EmbeddedTestWorld<Description extends Topology> extends AsyncDisposable {
  readonly parts: StartedTopology<Description>;
  readonly clock: VirtualClock;
  readonly timeline: Timeline;
}

/** Starts a topology on the embedded backend, without a scenario around it. */
export async function startEmbedded<const Description extends Topology>(
  topology: Description,
): Promise<EmbeddedTestWorld<Description>> {
  const clock = createVirtualClock();
  const timeline = createTimeline(clock);
  const random = createRandom('embedded');
  const signal = new AbortController().signal;
  const run = { clock, timeline, random, signal, seed: 'embedded', exposePorts: false };
  const environment = await createEmbeddedBackend().start(topology, run);
  return {
    parts: environment.handles,
    clock,
    timeline,
    async [Symbol.asyncDispose]() {
      await environment[Symbol.asyncDispose]();
      clock[Symbol.dispose]();
    },
  };
}
