import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRandom } from '../core/random.ts';
import { createRealClock } from '../core/real-clock.ts';
import { createRecentTimeline } from '../core/recent-timeline.ts';
import { startMockAwsServer } from '../mock-aws/start-mock-aws-server.ts';
import { BENCH_KEY, type BenchServerMessage } from './invoke-protocol.ts';

// One of the two servers that bench/invoke.ts compares, in a process of its own so that its CPU time is only its own.

const ANSWER = '{"sound":"meow"}';
const INVOKE_HEADERS = {
  'x-amzn-RequestId': '7a9c3a6e-5f0f-4f6b-9a44-d9cde1a1c4ae',
  'x-amzn-Remapped-Content-Length': '0',
  'X-Amzn-Trace-Id': 'Root=1-69a1c4ae-5f0f4f6b9a44d9cde1a1c4ae;Parent=7a9c3a6e5f0f4f6b;Sampled=0;Lineage=1:7a9c3a6e:0',
  'Content-Type': 'application/json',
  'X-Amz-Executed-Version': '$LATEST',
};

const start = process.argv[2] === 'mock' ? startMock : startBare;
const port = await start();
tell({ type: 'listening', port });
process.on('message', () => tell({ type: 'cpu', ...process.cpuUsage() }));
process.on('disconnect', () => process.exit());

function tell(message: BenchServerMessage): void {
  process.send?.(message);
}

/** What any server on Node must do: read the body, answer, with the headers that an answer of Invoke has. */
async function startBare(): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      Buffer.concat(chunks);
      response.writeHead(200, { ...INVOKE_HEADERS, 'Content-Length': ANSWER.length }).end(ANSWER);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function startMock(): Promise<number> {
  const clock = createRealClock();
  const { aws, address } = await startMockAwsServer({
    clock,
    timeline: createRecentTimeline(clock),
    random: createRandom('bench'),
  });
  aws.iam.createUser('bench');
  aws.iam.createAccessKey('bench', { credentials: BENCH_KEY, isSettled: true });
  aws.lambda.createFunction({ name: 'cat', code: () => ({ sound: 'meow' }) });
  return address.port;
}
