import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createTimeline, eventsOfType } from '#core/timeline.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import type { Environment } from '#harness/backends/backend.ts';
import { createEmbeddedBackend } from '#harness/backends/embedded/embedded-backend.ts';
import { accessKeySecret, kustomization, manifest } from '#harness/fixtures.ts';
import { aws, kubeCluster } from '#harness/topology.ts';

const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const COLD_START_MS = 14_000;

const topology = {
  aws: aws({
    functions: {
      'hello-world-cat': {
        handler: () => ({ statusCode: 200, headers: { 'content-type': 'text/plain' }, body: 'meow' }),
        coldStartMs: COLD_START_MS,
        timeoutSeconds: 30,
      },
    },
    users: { 'istio-lambda': { accessKeys: [KEY] } },
  }),
  east: kubeCluster('east', {
    manifests: [
      accessKeySecret('aws-lambda-credentials', KEY),
      ...kustomization('seed-000'),
      manifest('seed-000/strip-any-host-port.yaml'),
    ],
  }),
};

async function withEnvironment(
  act: (environment: Environment<typeof topology>, elapsed: () => number) => Promise<void>,
) {
  using clock = createVirtualClock();
  const timeline = createTimeline(clock);
  const environment = await createEmbeddedBackend().start(topology, {
    clock,
    timeline,
    random: createRandom('port-forward'),
    seed: 'port-forward',
    exposePorts: true,
    signal: new AbortController().signal,
  });
  const start = clock.now();
  try {
    await act(environment, () => clock.now() - start);
  } finally {
    await environment[Symbol.asyncDispose]();
  }
  expect(eventsOfType(timeline.events(), 'verdict').every(({ accepted }) => accepted)).toBe(true);
}

test('a real curl waits out a cold start in virtual time', async () => {
  await withEnvironment(async ({ handles: { east } }, elapsed) => {
    await using forward = await east.portForward(0, 'istio-ingressgateway', 80);
    const startedAt = performance.now();
    const { stdout } = await promisify(execFile)('curl', ['-sS', '-i', '--max-time', '30', forward.url('/cat')]);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(stdout).toMatch(/\r\n\r\nmeow$/);
    expect(elapsed()).toBeGreaterThanOrEqual(COLD_START_MS);
    expect(performance.now() - startedAt).toBeLessThan(COLD_START_MS);
  });
});

test('a port that is taken is refused before anything is called', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', () => resolve()));
  const address = holder.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  await withEnvironment(async ({ handles: { east } }) => {
    await expect(east.portForward(address.port, 'istio-ingressgateway', 80)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
    });
  });
  holder.close();
});
