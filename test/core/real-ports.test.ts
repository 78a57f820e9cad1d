import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as realSleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { exposePort } from '#core/expose-port.ts';
import { createHostNetwork } from '#core/host-network.ts';
import { MemoryNetwork } from '#core/memory-network.ts';
import { createRealClock } from '#core/real-clock.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';

const INSIDE = { host: '10.0.0.1', port: 80 };
const PATIENCE_MS = 15_000;
/** Far longer than a virtual clock looks at a quiet event loop, far shorter than the patience. */
const THINKING_MS = 60;

test('a real client that thinks, before its first bytes or between two, is not outrun by virtual time', async () => {
  using clock = createVirtualClock();
  const network = new MemoryNetwork({ clock });
  network.addZone('pod');
  await network.listen('pod', INSIDE, (connection) => {
    let timer = clock.setTimer(PATIENCE_MS, () => connection.reset());
    connection.on('data', (chunk: Buffer) => {
      timer.cancel();
      // The answer takes longer than the client would wait in real time; then it has the same patience again.
      timer = clock.setTimer(PATIENCE_MS, () => {
        connection.write(chunk);
        timer = clock.setTimer(PATIENCE_MS, () => connection.reset());
      });
    });
    connection.on('end', () => timer.cancel());
    connection.on('error', () => undefined);
  });
  await using exposure = await exposePort({ clock, port: 0, connect: () => network.connect('pod', INSIDE) });
  const client = connect(exposure.address.port, '127.0.0.1');
  await once(client, 'connect');
  for (const word of ['one', 'two']) {
    await realSleep(THINKING_MS);
    client.write(word);
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(answer.toString()).toBe(word);
  }
  expect(clock.now() - Date.UTC(2026, 0, 1)).toBeGreaterThanOrEqual(2 * PATIENCE_MS);
  client.end();
  await once(client, 'close');
});

test("a client that is gone before it is accepted is nobody's connection", async () => {
  const accepted: string[] = [];
  const network = createHostNetwork(createRealClock());
  await using listener = await network.listen('machine', { host: '127.0.0.1', port: 0 }, (connection) => {
    accepted.push(connection.remoteAddress);
    connection.destroy();
  });
  const { port } = listener.address;
  // It connects and resets while this process cannot accept.
  const program = `const client = require('net').connect(${port}, '127.0.0.1', () => client.resetAndDestroy())`;
  spawnSync(process.execPath, ['-e', program]);
  const client = connect(port, '127.0.0.1');
  await once(client, 'close');
  expect(accepted).toEqual(['127.0.0.1']);
});
