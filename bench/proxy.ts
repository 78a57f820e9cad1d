import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ResourceStack } from '#core/resource-stack.ts';
import { createTestCertificates, type TestCertificates, type TestIdentity } from '../test/conformance/certificates.ts';
import { findEnvoyBinary } from '../test/conformance/envoy-binary.ts';
import {
  envoyCommand,
  signingProxyCommand,
  startProxyProcess,
  type ProxyCommand,
} from '../test/conformance/start-proxy-process.ts';
import { findFreePort } from '../test/conformance/upstreams.ts';
import { answerRequest } from './answer-request.ts';
import { createBenchBootstrap, MODES, type Mode } from './proxy-bootstrap.ts';
import { openLoad, TRANSPORTS, type Load, type Transport } from './proxy-load.ts';
import { hasNginx, startNginx } from './proxy-nginx.ts';

/** Short rounds, and many: what else the machine does falls on all contenders alike, and the median leaves the rest out. */
const ROUNDS = 15;
const REQUESTS = 600;
/** V8 optimises the last functions of the proxy after some thousand requests. */
const WARM_UP_REQUESTS = 8_000;

/** A process that is measured, and where it listens. */
interface Contender {
  readonly name: string;
  readonly pid: number;
  portOf(mode: Mode, transport: Transport): number;
}

/**
 * Prints how much of a bare Node server's speed is left with the signing proxy in its place, and how it compares with nginx
 * and Envoy where they can be had: CPU time per request of one process each, rounds interleaved, quartiles of the ratios. Linux
 * only, where the kernel tells a process's CPU time.
 *
 * The bare server is `node:http` (`node:https`, `node:http2`) with one handler: it reads the body, and answers with the bytes
 * and headers that the proxies get from their upstream. The upstream is the same handler, in this process: awake, as the
 * callers are (see {@link stayAwake}), so that no proxy pays for waking it.
 */
export async function benchProxy(print: (line: string) => void = console.log): Promise<void> {
  await using stack = new ResourceStack();
  const contenders = await startContenders(stack, print);
  for (const transport of TRANSPORTS) {
    for (const mode of MODES) await compare(contenders, { mode, transport }, print);
  }
}

async function startContenders(stack: ResourceStack, print: (line: string) => void): Promise<Contender[]> {
  const certificates = await createTestCertificates();
  const upstream = await listenUpstream(stack);
  const bare = await startServer(stack, certificates.server);
  const start = (command: ProxyCommand) => startProxy(stack, command, { certificates, upstream });
  const contenders: Contender[] = [
    { name: 'bare Node', pid: bare.pid, portOf: (_, transport) => bare.ports[transport] },
    await start(signingProxyCommand('envoy-1.30')),
  ];
  if (hasNginx()) {
    const ports = { 'HTTP/1.1': await findFreePort(), TLS: await findFreePort(), 'HTTP/2': await findFreePort() };
    const nginx = stack.use(await startNginx(ports, upstream, certificates.server));
    contenders.push({ name: 'nginx', pid: nginx.pid, portOf: (_, transport) => ports[transport] });
  } else print('nginx is not installed');
  const envoy = await findEnvoyBinary();
  if ('path' in envoy) contenders.push(await start(envoyCommand(envoy.path)));
  else print(envoy.missing);
  return contenders;
}

/** Returns the port. */
async function listenUpstream(stack: ResourceStack): Promise<number> {
  const server = createServer({ keepAliveTimeout: 0 }, answerRequest).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

interface BareServer {
  readonly pid: number;
  readonly ports: Readonly<Record<Transport, number>>;
}

async function startServer(stack: ResourceStack, identity: TestIdentity): Promise<BareServer> {
  const child = fork(fileURLToPath(new URL('proxy-server.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, BENCH_CERTIFICATE: identity.certificate, BENCH_PRIVATE_KEY: identity.privateKey },
  });
  stack.defer(() => void child.kill());
  const [ports] = (await once(child, 'message')) as [BareServer['ports']];
  return { pid: child.pid ?? 0, ports };
}

async function startProxy(
  stack: ResourceStack,
  command: ProxyCommand,
  { certificates, upstream }: { certificates: TestCertificates; upstream: number },
): Promise<Contender> {
  const plain = { passthrough: await findFreePort(), JSON: await findFreePort() };
  const tls = { passthrough: await findFreePort(), JSON: await findFreePort() };
  const bootstrap = createBenchBootstrap({ upstream, plain, tls }, certificates);
  const { pid } = stack.use(await startProxyProcess(command, bootstrap, tls.JSON));
  return { name: command.name, pid, portOf: (mode, transport) => (transport === 'TLS' ? tls : plain)[mode] };
}

async function compare(
  contenders: readonly Contender[],
  { mode, transport }: { mode: Mode; transport: Transport },
  print: (line: string) => void,
): Promise<void> {
  await using stack = new ResourceStack();
  const measured = contenders.map((contender) => ({
    ...contender,
    load: stack.use(openLoad(transport, contender.portOf(mode, transport))),
    microseconds: [] as number[],
  }));
  for (const { load } of measured) await load.run(WARM_UP_REQUESTS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { pid, load, microseconds } of measured) microseconds.push(await measure(pid, load));
  }
  const own = measured[1]?.microseconds ?? [];
  for (const { name, microseconds } of measured) {
    if (microseconds === own) continue;
    const ratios = microseconds.map((value, round) => value / (own[round] ?? Number.NaN));
    const range = `${quantile(ratios, 0.25).toFixed(2)} to ${quantile(ratios, 0.75).toFixed(2)}`;
    print(
      `signing proxy/${name}, ${transport}, ${mode}: ${median(ratios).toFixed(2)} (${range}; ${median(own).toFixed(1)} and ${median(microseconds).toFixed(1)} us CPU per request)`,
    );
  }
}

async function measure(pid: number, load: Load): Promise<number> {
  const before = await readCpuMicroseconds(pid);
  await load.run(REQUESTS);
  return ((await readCpuMicroseconds(pid)) - before) / REQUESTS;
}

/** What all threads of a process have run, garbage collection included. */
async function readCpuMicroseconds(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const texts = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0')),
  );
  return texts.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1000, 0);
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await benchProxy();
