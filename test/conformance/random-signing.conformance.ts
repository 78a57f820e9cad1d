import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';
import { createTestCertificates } from './certificates.ts';
import { findEnvoyBinary } from './envoy-binary.ts';
import { createRandomRequest } from './random-requests.ts';
import { describeOutcome, type SigningOutcome } from './signing-outcome.ts';
import { startSigningSubject, type SigningSubject } from './signing-subject.ts';
import { SIGNING_SUITE } from './signing-suite.ts';
import { envoyCommand, signingProxyCommand } from './start-proxy-process.ts';

const DIALECT = 'envoy-1.40';
const SEED = process.env['MESHRIG_SEED'] ?? 'conformance';
const REQUESTS_PER_LISTENER = Number(process.env['MESHRIG_REQUESTS'] ?? 40);

const LISTENERS = Object.keys(SIGNING_SUITE.listeners);
const CASES = LISTENERS.flatMap((listener) => {
  const random = createRandom(SEED).fork(listener);
  return Array.from({ length: REQUESTS_PER_LISTENER }, () => ({ listener, bytes: createRandomRequest(random) }));
});

const binary = await findEnvoyBinary();
const reason = 'missing' in binary ? ` (skipped: ${binary.missing})` : '';

describe.skipIf('missing' in binary)(`random requests are signed alike${reason}`, () => {
  const subjects: SigningSubject[] = [];
  let envoy: readonly SigningOutcome[] = [];
  let ours: readonly SigningOutcome[] = [];

  beforeAll(async () => {
    if ('missing' in binary) return;
    const certificates = await createTestCertificates();
    subjects.push(await startSigningSubject(envoyCommand(binary.path, 'aws'), certificates, 'latin1'));
    subjects.push(await startSigningSubject(signingProxyCommand(DIALECT, 'aws'), certificates, 'utf8'));
    [envoy = [], ours = []] = await Promise.all(subjects.map(playAll));
  });

  afterAll(async () => {
    for (const subject of subjects) await subject[Symbol.asyncDispose]();
  });

  test.for(LISTENERS)('%s', (listener) => {
    const different = CASES.flatMap(({ listener: own, bytes }, index) => {
      const pair = { ours: { bytes, ...ours[index] }, envoy: { bytes, ...envoy[index] } };
      return own !== listener || isDeepStrictEqual(pair.ours, pair.envoy) ? [] : [pair];
    });
    for (const pair of different.slice(0, 1)) expect(pair.ours).toEqual(pair.envoy);
    expect(different).toHaveLength(0);
  });

  // The others have a port in their host, or what AWS cannot parse.
  test('AWS accepts a good part of them', () => {
    const accepted = envoy.filter(({ verdict }) => verdict === 'accepted');
    expect(accepted.length).toBeGreaterThan(CASES.length / 3);
  });
});

async function playAll(subject: SigningSubject): Promise<SigningOutcome[]> {
  const { recorder } = subject;
  const answers: { status: string; received: ReceivedRequest | undefined; signatures: number }[] = [];
  for (const { listener, bytes } of CASES) {
    const index = recorder.received.length;
    const status = await subject.send(listener, bytes);
    const received = recorder.received[index];
    answers.push({
      status,
      received,
      signatures: received === undefined ? 0 : listener === 'lambda and signing' ? 2 : 1,
    });
  }
  const total = answers.reduce((sum, { signatures }) => sum + signatures, 0);
  const texts = [...(await subject.readCanonicalRequests(total))];
  return answers.map(({ status, received, signatures }) =>
    describeOutcome(status, received, texts.splice(0, signatures)),
  );
}
