import { expect, test } from 'vitest';
import { refuseConnect } from '#core/connection-fault.ts';
import { MemoryNetwork } from '#core/memory-network.ts';
import { createRandom } from '#core/random.ts';
import { createTimeline, eventsOfType } from '#core/timeline.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { startFault } from '#harness/backends/embedded/start-fault.ts';

const LAMBDA = { host: '52.94.236.10', port: 443 };

async function setup() {
  const clock = createVirtualClock();
  const network = new MemoryNetwork({ clock });
  for (const zone of ['aws', 'east', 'east/httpbin', 'eastern']) network.addZone(zone, { reaches: ['aws'] });
  network.addName('*', 'lambda.example', [LAMBDA.host]);
  await network.listen('aws', LAMBDA, (connection) => connection.resume());
  const timeline = createTimeline(clock);
  const { signal } = new AbortController();
  const run = { clock, network, timeline, signal, random: createRandom('fault'), seed: 'fault', exposePorts: false };
  const start = (target: string) => startFault({ target, fault: refuseConnect(), kubeCluster: 'east', run });
  return { network, timeline, start, [Symbol.dispose]: () => clock[Symbol.dispose]() };
}

test.each(['east', 'east/httpbin'])('connects from %s fail until the fault is disposed', async (zone) => {
  using world = await setup();
  const fault = await world.start('lambda.example:443');
  await expect(world.network.connect(zone, LAMBDA)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  fault[Symbol.dispose]();
  await world.network.connect(zone, LAMBDA);
});

test('other clusters are spared', async () => {
  using world = await setup();
  await world.start('lambda.example:443');
  expect(await world.network.connect('eastern', LAMBDA)).toMatchObject({ remotePort: 443 });
});

test('the timeline has its start and its end', async () => {
  using world = await setup();
  (await world.start('lambda.example:443'))[Symbol.dispose]();
  expect(eventsOfType(world.timeline.events(), 'fault')).toMatchObject([
    { fault: 'refuse-connect', hop: 'lambda.example:443', phase: 'started' },
    { fault: 'refuse-connect', hop: 'lambda.example:443', phase: 'ended' },
  ]);
});

test.each(['lambda.example', 'lambda.example:https', ''])('a target "%s" is refused', async (target) => {
  using world = await setup();
  await expect(world.start(target)).rejects.toMatchObject({ code: 'INVALID_SCENARIO' });
});
