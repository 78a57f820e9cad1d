import type { ImportModule } from '../discover.ts';
import type { Output } from '../reporters/screen.ts';

/** What a command talks to. Tests hand in their own. */
export interface CommandIo {
  readonly stdin: NodeJS.ReadableStream;
  /** Results. */
  readonly stdout: Output;
  /** Progress and complaints. */
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How scenario files are imported: as they are, or from a bundle that holds them too. */
  readonly importModule: ImportModule;
}
