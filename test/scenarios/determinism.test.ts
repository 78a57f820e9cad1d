import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import hostWithPort from '#scenarios/port-forward/host-with-port.ts';
import { runEmbedded } from '#test/support/run-embedded.ts';

/** `test/core/determinism.test.ts` plays 200; a whole mesh takes longer. */
const RUNS = 8;
const PARALLEL = 4;

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

test(`the same seed gives byte-identical event files in ${RUNS} runs, alone and in parallel`, async () => {
  const alone = await runEmbedded(hostWithPort);
  const hashes = new Set([hash(alone.text)]);
  for (let run = 1; run < RUNS / 2; run++) hashes.add(hash((await runEmbedded(hostWithPort)).text));
  for (let run = 0; run < RUNS / 2; run += PARALLEL) {
    const together = await Promise.all(Array.from({ length: PARALLEL }, () => runEmbedded(hostWithPort)));
    for (const { text } of together) hashes.add(hash(text));
  }
  expect(alone.result.outcome).toBe('passed');
  expect(hashes.size).toBe(1);
}, 120_000);

test('another seed gives other bytes', async () => {
  const [one, other] = [await runEmbedded(hostWithPort, 'one'), await runEmbedded(hostWithPort, 'other')];
  expect(hash(one.text)).not.toBe(hash(other.text));
});
