import { fileURLToPath } from 'node:url';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { applyEdge } from '../mock-aws/edge/apply-edge.ts';
import type { EdgePolicy } from '../mock-aws/edge/types.ts';
import { SigningKeyCache } from '../mock-aws/sigv4/signing-key.ts';
import type { AccessKey, ReceivedRequest, VerifierPolicy } from '../mock-aws/sigv4/types.ts';
import { verifyRequest } from '../mock-aws/sigv4/verify.ts';

const ROUNDS = 9;
const REQUESTS = 500;
const PASSES = 10;
const NOW = Date.UTC(2026, 0, 1);

const ACCESS_KEY: AccessKey = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  isActive: true,
  principal: { arn: 'arn:aws:iam::123456789012:user/bench', accountId: '123456789012', userId: 'AIDAEXAMPLE' },
};

const EDGE_POLICY: EdgePolicy = { service: 'lambda', hostPolicy: 'aws', frontEnd: 'warn' };

const POLICY: VerifierPolicy = {
  service: 'lambda',
  region: 'us-east-1',
  now: NOW,
  windowMinutes: 5,
  family: 'rest-json',
  pathRule: 'normalized',
  findAccessKey: (id) => (id === ACCESS_KEY.accessKeyId ? ACCESS_KEY : undefined),
  signingKeys: new SigningKeyCache(),
};

const SIGNER = new SignatureV4({
  service: POLICY.service,
  region: POLICY.region,
  credentials: ACCESS_KEY,
  sha256: Sha256,
  applyChecksum: false,
});

/** A body is hashed by both sides; the ratio falls with its size, so small and large are both told. */
const BODY_SIZES = [0, 256, 4_096];

/**
 * Prints how many times faster strict verification is than signing the same requests with `@smithy/signature-v4`: CPU
 * time of this process, rounds interleaved, median of the ratios.
 */
export async function benchVerify(print: (line: string) => void = console.log): Promise<void> {
  for (const bodySize of BODY_SIZES) {
    const unsigned = Array.from({ length: REQUESTS }, (_, index) => createInvoke(index, bodySize));
    const received = await Promise.all(unsigned.map(receive));
    const verifyRatios: number[] = [];
    const edgeRatios: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const signMs = await measure(async () => {
        for (const request of unsigned) await sign(request);
      });
      verifyRatios.push(signMs / (await measure(() => received.forEach(verifyOrThrow))));
      edgeRatios.push(signMs / (await measure(() => received.forEach(verifyBehindEdge))));
    }
    print(`verify/sign, ${bodySize} byte body: ${formatRatio(verifyRatios)}`);
    print(`edge and verify/sign, ${bodySize} byte body: ${formatRatio(edgeRatios)}`);
  }
}

function verifyOrThrow(request: ReceivedRequest): void {
  const verdict = verifyRequest(request, POLICY);
  if (!verdict.accepted) throw new Error(`Failed to verify a signed request: ${verdict.failure}`);
}

function verifyBehindEdge(request: ReceivedRequest): void {
  verifyOrThrow(applyEdge(request, EDGE_POLICY).request);
}

type UnsignedRequest = Parameters<typeof SIGNER.sign>[0];

/** The headers that the gateway of the bug report signs on an Invoke. */
function createInvoke(index: number, bodySize: number): UnsignedRequest {
  return {
    method: 'POST',
    protocol: 'https:',
    hostname: 'lambda.us-east-1.amazonaws.com',
    path: `/2015-03-31/functions/hello-world-${index}/invocations`,
    query: {},
    headers: {
      host: 'lambda.us-east-1.amazonaws.com',
      accept: '*/*',
      'content-length': String(bodySize),
      'content-type': 'application/json',
      'x-amz-invocation-type': 'RequestResponse',
      'x-forwarded-client-cert': 'By=spiffe://cluster.local/ns/default/sa/httpbin;Hash=0e1d2c3b4a',
      'x-request-id': `9f6a8e4c-0000-4000-8000-${String(index).padStart(12, '0')}`,
    },
    body: Buffer.alloc(bodySize, `body ${index} `),
  };
}

function sign(request: UnsignedRequest): ReturnType<typeof SIGNER.sign> {
  return SIGNER.sign(request, { signingDate: new Date(NOW) });
}

async function receive(request: UnsignedRequest): Promise<ReceivedRequest> {
  const { method, path, headers, body } = await sign(request);
  const unsignedHeaders = ['User-Agent', 'bench/1.0', 'Connection', 'keep-alive', 'Accept-Encoding', 'gzip'];
  return {
    method,
    target: path,
    httpVersion: '1.1',
    headers: [...Object.entries(headers).flat(), ...unsignedHeaders],
    body: Buffer.from(body),
  };
}

async function measure(run: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  for (let pass = 0; pass < PASSES; pass++) await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function formatRatio(ratios: readonly number[]): string {
  const sorted = ratios.toSorted((left, right) => left - right);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `${median.toFixed(2)}x (${sorted[0]?.toFixed(2)} to ${sorted.at(-1)?.toFixed(2)})`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await benchVerify();
