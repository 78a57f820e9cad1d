/** Where in a file the user wrote a mistake sits. Lines and columns count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The lines around the mistake with a caret under it, ready to print. */
  readonly snippet?: string;
}

/** One stable word per kind of failure; programs branch on it, people read the message. */
export type MeshrigErrorCode =
  | 'BUG'
  | 'ENVIRONMENT'
  | 'EXPECTATION_FAILED'
  | 'INTERRUPTED'
  | 'INVALID_CONFIG'
  | 'INVALID_MANIFEST'
  | 'INVALID_REQUEST'
  | 'INVALID_SCENARIO'
  | 'LEAK'
  | 'PORT_IN_USE'
  | 'TIME_LIMIT'
  | 'UNKNOWN_SCENARIO'
  | 'UNREADABLE_FILE'
  | 'UNREACHABLE'
  | 'USAGE';

export interface MeshrigErrorOptions {
  readonly cause?: unknown;
  /** What to do next, as one sentence. */
  readonly hint?: string;
  readonly location?: SourceLocation;
}

/**
 * The one error class of meshrig.
 *
 * Messages follow one grammar: `Failed to <verb> <noun> "<name>": <fact>`. They never hold a secret.
 */
export class MeshrigError extends Error {
  readonly code: MeshrigErrorCode;
  readonly hint: string | undefined;
  readonly location: SourceLocation | undefined;

  constructor(code: MeshrigErrorCode, message: string, options: MeshrigErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.name = 'MeshrigError';
    this.code = code;
    this.hint = options.hint;
    this.location = options.location;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node system error (`ECONNREFUSED`), or undefined for anything else. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** An error shaped like those of Node's sockets, so that clients classify it as they would a real one. */
export function createSystemError(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
