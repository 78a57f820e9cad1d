import { expect, test } from 'vitest';
import hostWithPort from '#scenarios/port-forward/host-with-port.ts';
import { runEmbedded } from '#test/support/run-embedded.ts';

test('the same seed gives the same bytes again and again, another seed gives others', async () => {
  const first = await runEmbedded(hostWithPort);
  for (let run = 0; run < 3; run++) expect((await runEmbedded(hostWithPort)).text === first.text).toBe(true);
  expect((await runEmbedded(hostWithPort, { seed: 'other' })).text === first.text).toBe(false);
});
