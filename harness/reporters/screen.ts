import pc from 'picocolors';

export interface ScreenOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  /** `NO_COLOR` and `FORCE_COLOR` are honoured. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Spells everything that is not ASCII. */
  readonly isAsciiOnly?: boolean;
}

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** Where text goes: results to stdout, progress to stderr. Nothing else prints. */
export interface Screen {
  /** Prints one line of results. */
  print(line: string): void;
  /** Shows one line of progress until the next output; undefined takes it away. */
  showProgress(line: string | undefined): void;
  /** Whether progress can be redrawn in place. */
  readonly isInteractive: boolean;
  readonly colors: Colors;
}

export type Colors = Pick<ReturnType<typeof pc.createColors>, 'bold' | 'dim' | 'green' | 'red' | 'yellow'>;

const ERASE_LINE = '\r\u001b[K';

export function createScreen({ stdout, stderr, environment, isAsciiOnly = false }: ScreenOptions): Screen {
  const isInteractive = stderr.isTTY === true;
  const spell = isAsciiOnly ? spellNonAscii : (text: string) => text;
  let progress: string | undefined;

  function showProgress(line: string | undefined): void {
    if (line === progress) return;
    if (!isInteractive) {
      if (line !== undefined) stderr.write(`${spell(line)}\n`);
      return;
    }
    if (progress !== undefined) stderr.write(ERASE_LINE);
    if (line !== undefined) stderr.write(spell(line));
    progress = line;
  }

  return {
    print(line) {
      if (isInteractive) showProgress(undefined);
      stdout.write(`${spell(line)}\n`);
    },
    showProgress,
    isInteractive,
    colors: pc.createColors(hasColors(stdout, environment)),
  };
}

function hasColors(stdout: Output, environment: ScreenOptions['environment']): boolean {
  const { NO_COLOR: noColor = '', FORCE_COLOR: forceColor = '' } = environment;
  if (noColor !== '') return false;
  if (forceColor !== '') return forceColor !== '0';
  return stdout.isTTY === true;
}

/** The escapes of our own colors stay. */
function spellNonAscii(text: string): string {
  // oxlint-disable-next-line no-control-regex -- ESC begins our own colors
  return text.replace(/[^\x1b\n\x20-\x7e]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
