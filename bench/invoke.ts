import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { Pool } from 'undici';
import { BENCH_KEY, type BenchServerMessage } from './invoke-protocol.ts';
import { stayAwake } from './stay-awake.ts';

const ROUNDS = 9;
/** Enough for the compiler to settle: the mock runs far more code than a bare server. */
const WARM_UP_REQUESTS = 30_000;
const REQUESTS = 4_000;
const CONNECTIONS = 8;
const BODY_SIZES = [256, 4_096];
const PATH = '/2015-03-31/functions/cat/invocations';

/**
 * Prints how much of a bare `node:http` server's speed is left when the mock answers Invoke: CPU time per request of one
 * process each, same requests, rounds interleaved, median of the ratios.
 */
export async function benchInvoke(print: (line: string) => void = console.log): Promise<void> {
  using bare = await startServer('bare');
  using mock = await startServer('mock');
  for (const server of [bare, mock]) await load(server, createBody(16), WARM_UP_REQUESTS);
  for (const bodySize of BODY_SIZES) {
    const body = createBody(bodySize);
    const rounds: { bare: number; mock: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push({ bare: await measure(bare, body), mock: await measure(mock, body) });
    }
    const ratios = rounds.map((round) => round.bare / round.mock);
    const [bareUs, mockUs] = [median(rounds.map((round) => round.bare)), median(rounds.map((round) => round.mock))];
    const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    print(
      `invoke/bare node:http, ${bodySize} byte body: ${median(ratios).toFixed(2)} (${range}; ${bareUs.toFixed(1)} and ${mockUs.toFixed(1)} us CPU per request)`,
    );
  }
}

interface BenchServer extends Disposable {
  readonly child: ChildProcess;
  readonly port: number;
  readonly pool: Pool;
}

async function startServer(kind: 'bare' | 'mock'): Promise<BenchServer> {
  const child = fork(fileURLToPath(new URL('invoke-server.ts', import.meta.url)), [kind], {
    execArgv: ['--import', 'tsx'],
  });
  const message = await receive(child);
  if (message.type !== 'listening') throw new Error(`the ${kind} server did not start`);
  const { port } = message;
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS });
  return {
    child,
    port,
    pool,
    [Symbol.dispose]() {
      void pool.destroy();
      child.kill();
    },
  };
}

async function receive(child: ChildProcess): Promise<BenchServerMessage> {
  const [message] = (await once(child, 'message')) as [BenchServerMessage];
  return message;
}

/** Microseconds of CPU that one request costs the server. */
async function measure(server: BenchServer, body: string): Promise<number> {
  const before = await readCpu(server);
  await load(server, body, REQUESTS);
  return ((await readCpu(server)) - before) / REQUESTS;
}

async function readCpu({ child }: BenchServer): Promise<number> {
  const answer = receive(child);
  child.send('cpu');
  const message = await answer;
  if (message.type !== 'cpu') throw new Error('the server did not tell its CPU time');
  return message.user + message.system;
}

async function load({ pool, port }: BenchServer, body: string, count: number): Promise<void> {
  const headers = await sign(body, port);
  let left = count;
  const worker = async () => {
    while (left-- > 0) {
      const answer = await pool.request({ method: 'POST', path: PATH, headers, body });
      if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}: ${await answer.body.text()}`);
      await answer.body.dump();
    }
  };
  const workers = Promise.all(Array.from({ length: CONNECTIONS }, worker));
  await stayAwake(workers);
}

/** The headers that the gateway of the bug report signs on an Invoke. */
async function sign(body: string, port: number): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    service: 'lambda',
    region: 'us-east-1',
    credentials: BENCH_KEY,
    sha256: Sha256,
  });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: 'http:',
    hostname: '127.0.0.1',
    path: PATH,
    headers: {
      host: `127.0.0.1:${port}`,
      accept: '*/*',
      'content-type': 'application/json',
      'user-agent': 'curl/7.79.1',
      'x-amz-invocation-type': 'RequestResponse',
      'x-request-id': '7a9c3a6e-5f0f-4f6b-9a44-d9cde1a1c4ae',
    },
    body,
  });
  return headers;
}

function createBody(size: number): string {
  const empty = JSON.stringify({ fill: '' });
  return JSON.stringify({ fill: 'x'.repeat(Math.max(0, size - empty.length)) });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await benchInvoke();
