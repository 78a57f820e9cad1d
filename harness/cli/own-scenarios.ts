import { fileURLToPath } from 'node:url';

/** The folder of the scenarios that come with meshrig. */
export const OWN_SCENARIOS = fileURLToPath(new URL('../../scenarios', import.meta.url));
