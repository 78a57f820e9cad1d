import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createTimeline } from '#core/timeline.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { createEmbeddedBackend } from '#harness/backends/embedded/embedded-backend.ts';
import { pythonFunction } from '#harness/fixtures.ts';
import { aws, kubeCluster } from '#harness/topology.ts';
import {
  createClientCertificate,
  createServerCertificate,
  ingressSecret,
  twoClusters,
} from '#scenarios/two-clusters.ts';

const FIXTURES = fileURLToPath(new URL('../../../../fixtures', import.meta.url));
const hasPrograms = ['curl', 'python3'].every((program) => spawnSync(program, ['--version']).status === 0);

/** Seed 002, section 4: the client certificate and the way past DNS are curl's business, the rest is the mesh's. */
async function callSection4(flags: (folder: string) => readonly string[]): Promise<string> {
  using clock = createVirtualClock();
  const random = createRandom('seed-002');
  const { aws: account, eks } = twoClusters({ aws, kubeCluster });
  const topology = {
    aws: { ...account, functions: { 'hello-world': pythonFunction('seed-002/lambda_function.py') } },
    eks,
  };
  const run = { clock, random, timeline: createTimeline(clock), seed: 'seed-002', exposePorts: true };
  const signal = new AbortController().signal;
  const environment = await createEmbeddedBackend().start(topology, { ...run, signal });
  const folder = mkdtempSync(join(tmpdir(), 'meshrig-test-'));
  try {
    const server = await createServerCertificate({ clock, random });
    const client = await createClientCertificate({ clock, random });
    await environment.handles.eks.apply(ingressSecret({ server, client }));
    await clock.sleep(1000);
    writeFileSync(join(folder, 'client.crt'), client.certificatePem);
    writeFileSync(join(folder, 'client.key'), client.privateKeyPem);
    writeFileSync(join(folder, 'server.crt'), server.certificatePem);
    await using forward = await environment.handles.eks.portForward(0, 'istio-ingress/istio-ingressgateway', 443);
    const host = `lambda.external:${forward.hostPort}`;
    const target = [`https://${host}/get`, '--resolve', `${host}:127.0.0.1`, '-isSk', '--max-time', '20'];
    const { stdout } = await promisify(execFile)('curl', [...flags(folder), ...target]);
    return stdout;
  } finally {
    await environment[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  }
}

test.skipIf(!hasPrograms)(
  'a real curl with the client certificate gets the answer of the Python function',
  async () => {
    const stdout = await callSection4((folder) => {
      const [certificate, key, authority] = ['client.crt', 'client.key', 'server.crt'].map((file) =>
        join(folder, file),
      );
      return ['--cert', `${certificate}`, '--key', `${key}`, '--cacert', `${authority}`];
    });
    expect(stdout).toMatch(/^HTTP\/2 200 \r\n/);
    expect(stdout).toMatch(/\r\nserver: istio-envoy\r\n/);
    expect(stdout).toMatch(/\r\ncontent-type: text\/html; charset=utf-8\r\n/);
    expect(stdout).toMatch(/\r\ncontent-length: 258\r\n/);
    expect(stdout).toContain('<p>Hello World from Lambda</p>');
  },
);

test.skipIf(!hasPrograms)('a real curl without a certificate is refused', async () => {
  await expect(callSection4(() => [])).rejects.toThrow(/curl: \(\d+\)/);
});

test.skipIf(!hasPrograms)('the function in JavaScript gives what the one in Python gives', async () => {
  const python = join(FIXTURES, 'seed-002/lambda_function.py');
  const program = 'import json,runpy,sys; print(json.dumps(runpy.run_path(sys.argv[1])["lambda_handler"]({}, None)))';
  const { handler } = (await import(join(FIXTURES, 'functions/hello-world-html.mjs'))) as { handler: () => unknown };
  const { stdout } = spawnSync('python3', ['-c', program, python]);
  expect(await handler()).toEqual(JSON.parse(stdout.toString()));
});
