import { benchExplain } from './explain.ts';
import { benchInvoke } from './invoke.ts';
import { benchProxy } from './proxy.ts';
import { benchPush } from './push.ts';
import { benchStart } from './start.ts';
import { benchVerify } from './verify.ts';

interface Bench {
  readonly title: string;
  readonly run: (print: (line: string) => void) => Promise<void> | void;
}

const BENCHES: readonly Bench[] = [
  { title: 'Verification against signing', run: benchVerify },
  { title: 'Invoke against a bare server', run: benchInvoke },
  { title: 'The signing proxy against a bare server, nginx and Envoy', run: benchProxy },
  { title: 'Pushes as routes grow', run: benchPush },
  { title: 'Explanations of a corpus of broken requests', run: benchExplain },
  { title: 'How long a user waits', run: benchStart },
];

// One after the other: they measure CPU, and would take it from each other.
for (const { title, run } of BENCHES) {
  console.log(title);
  await run((line) => console.log(`  ${line}`));
}
