import type { Instant } from '#core/clock.ts';
import type { CodeArchive } from './code-archive.ts';
import type { InProcessHandler } from './handler.ts';

/** A function to create. Everything but its name and its code has Lambda's default. */
export interface NewFunction {
  readonly name: string;
  /** The account it belongs to. One of another account has a policy that lets this one invoke it. Default: this one. */
  readonly accountId?: string;
  /** A handler in this process, or the files of a Node or Python function that runs in its own. */
  readonly code: InProcessHandler | CodeArchive;
  /** `file.export` inside the archive. Default `index.handler`. */
  readonly handler?: string;
  /** `python3.x` runs with this machine's `python3`, everything else with its Node. Default `nodejs20.x`. */
  readonly runtime?: string;
  readonly role?: string;
  readonly description?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** Default 3000. */
  readonly timeoutMs?: number;
  /** Default 128. */
  readonly memoryMb?: number;
  /** Cold start of an in-process handler, on the clock. Default 0. */
  readonly initMs?: number;
  /** How many runs may be under way at once; 0 throttles every call. Default: the account's limit. */
  readonly reservedConcurrency?: number;
  /** How long the function stays `Pending`. Default 0. */
  readonly creationDelayMs?: number;
}

/** A function as Lambda keeps it. */
export interface LambdaFunction extends Required<Omit<NewFunction, 'reservedConcurrency' | 'creationDelayMs'>> {
  readonly arn: string;
  readonly createdAt: Instant;
  readonly activeAt: Instant;
  readonly revisionId: string;
  /** `2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef` */
  readonly logStreamName: string;
  reservedConcurrency: number | undefined;
}

export const DEFAULT_TIMEOUT_MS = 3000;
export const DEFAULT_MEMORY_MB = 128;
