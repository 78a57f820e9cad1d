/** One line of the head of a request, as a byte string without its line ending. */
export interface HeadLine {
  /** Counts from 1 in the file. */
  readonly number: number;
  readonly text: string;
}

/** The head of a request as lines, and every byte after the empty line. */
export interface SplitHead {
  readonly lines: readonly HeadLine[];
  readonly body: Uint8Array;
  /** How the first line ends. */
  readonly lineEnding: 'LF' | 'CRLF';
}

const LINE_FEED = 0x0a;

/**
 * Splits a raw request at its first empty line. Empty lines and a byte order mark before the first
 * line are skipped: editors and chat programs put them there.
 */
export function splitHead(bytes: Uint8Array): SplitHead {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: HeadLine[] = [];
  let lineEnding: SplitHead['lineEnding'] | undefined;
  let offset = buffer.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
  for (let number = 1; offset < buffer.length; number += 1) {
    const feed = buffer.indexOf(LINE_FEED, offset);
    const end = feed === -1 ? buffer.length : feed;
    const raw = buffer.toString('latin1', offset, end);
    const text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    offset = end + 1;
    if (text.trim() !== '') {
      lineEnding ??= raw.endsWith('\r') ? 'CRLF' : 'LF';
      lines.push({ number, text });
    } else if (lines.length > 0) {
      break;
    }
  }
  return { lines, body: buffer.subarray(Math.min(offset, buffer.length)), lineEnding: lineEnding ?? 'LF' };
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
