import type { Reporter } from './reporter.ts';

/** One event a line and nothing else: the same seed gives the same bytes, so no wall time may enter. */
export function createJsonReporter(stdout: { write(text: string): unknown }): Reporter {
  return {
    onEvent(event) {
      stdout.write(`${JSON.stringify(event)}\n`);
    },
  };
}
