import type { Output } from '../reporters/screen.ts';

/** What a command talks to. Tests hand in their own. */
export interface CommandIo {
  readonly stdin: NodeJS.ReadableStream;
  /** Results. */
  readonly stdout: Output;
  /** Progress and complaints. */
  readonly stderr: Output;
  /** Aborts when a write found nobody at the other end, as in `meshrig run | head`. */
  readonly readersGone: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
