import { holdFamily } from '#test/support/hold-family.ts';

await holdFamily('responses');
