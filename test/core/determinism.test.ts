import { webcrypto } from 'node:crypto';
import type { Agent } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { expect, test } from 'vitest';
import { createAuthority, hashCertificate } from '#core/certificates.ts';
import { trackComputation } from '#core/clock.ts';
import { latency, refuseConnect } from '#core/connection-fault.ts';
import { createHttp1Server, createNetworkAgent } from '#core/http.ts';
import { MemoryNetwork } from '#core/memory-network.ts';
import { createRandom } from '#core/random.ts';
import { createTimeline } from '#core/timeline.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';

const RUNS = 200;
const IN_PARALLEL = 20;
const SECURE = { host: '10.0.0.1', port: 443 };
const STREAMS = { host: '10.0.0.2', port: 80 };

/** A small world in which everything that could be decided by chance is: who answers first, after how long, over what. */
async function playWorld(seed: string): Promise<string> {
  using clock = createVirtualClock();
  const random = createRandom(seed);
  const timeline = createTimeline(clock);
  const network = new MemoryNetwork({ clock });
  network.addZone('world');
  const note = (source: string, words: string) =>
    timeline.emit({ type: 'log', source, level: 'info', component: 'world', text: words });
  clock.onJump((from, to) => timeline.emit({ type: 'clock-jump', source: 'clock', from, to }));

  const authority = await trackComputation(clock, () =>
    createAuthority({ commonName: 'root', random: random.fork('ca') }),
  );
  await serveSecurely(network, (path, answer) => {
    note('server', path);
    clock.setTimer(random.fork(path).integer(0, 5000), () => answer(`${path} at ${clock.now()}`));
  });
  const streams = http2.createServer((request, response) => {
    note('streams', request.url);
    clock.setTimer(random.fork(request.url).integer(0, 5000), () => void response.end(request.url));
  });
  await network.listen('world', STREAMS, (connection) => streams.emit('connection', connection));
  network.addFault(({ to }) => to.port === 443, latency(3));
  network.addFault(({ to }) => to.port === 81, refuseConnect());

  const agent = createNetworkAgent(network, 'world', { tls: { ca: authority.certificatePem }, keepAlive: true });
  const connection = await network.connect('world', STREAMS);
  const session = http2.connect('http://10.0.0.2', { createConnection: () => connection });
  await Promise.all([
    ...Array.from({ length: 2 }, async (_, index) => note('caller', await get(agent, `/secure/${index}`))),
    ...Array.from({ length: 2 }, async (_, index) =>
      note('caller', await text(session.request({ ':path': `/stream/${index}` }))),
    ),
    network.connect('world', { host: '10.0.0.1', port: 81 }).catch((error: Error) => note('caller', error.message)),
    // Certificates are made once for all worlds; what threads compute for each ends in an order of theirs.
    ...[2 ** 18, 2 ** 8].map(async (length) => {
      await trackComputation(clock, () => webcrypto.subtle.digest('SHA-256', Buffer.alloc(length)));
      note('thread', `${length} bytes`);
    }),
  ]);
  session.close();
  agent.destroy();
  await clock.sleep(100);
  note('end', `${network.openConnections().length} open, ${clock.pendingTimers()} timers`);
  return timeline
    .events()
    .map((event) => JSON.stringify(event))
    .join('\n');

  async function serveSecurely(
    on: MemoryNetwork,
    onRequest: (path: string, answer: (body: string) => void) => void,
  ): Promise<void> {
    const identity = await trackComputation(clock, () => authority.issue({ dnsNames: ['secure.test'] }));
    note('server', hashCertificate(identity.certificatePem));
    const server = createHttp1Server((request, response) =>
      onRequest(request.url ?? '', (body) => void response.end(body)),
    );
    const secure = tls.createServer({ cert: identity.chainPem, key: identity.privateKeyPem }, (socket) =>
      server.emit('connection', socket),
    );
    await on.listen('world', SECURE, (accepted) => secure.emit('connection', accepted));
    on.addName('world', 'secure.test', [SECURE.host]);
  }
}

function get(agent: Agent, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    https.get({ agent, host: 'secure.test', path }, (response) => resolve(text(response))).on('error', reject);
  });
}

test(`the same seed gives the same bytes in ${RUNS} runs, alone and in parallel`, async () => {
  const first = await playWorld('seed');
  const others = new Set<string>();
  for (let run = 1; run < RUNS / 2; run++) others.add(await playWorld('seed'));
  for (let run = 0; run < RUNS / 2; run += IN_PARALLEL) {
    const together = await Promise.all(Array.from({ length: IN_PARALLEL }, () => playWorld('seed')));
    for (const events of together) others.add(events);
  }
  expect(Array.from(others)).toEqual([first]);
  expect(first).toContain('0 open, 0 timers');
}, 120_000);

test('another seed gives another story', async () => {
  expect(await playWorld('one')).not.toBe(await playWorld('other'));
});
