import { MeshrigError } from '#core/errors.ts';

/** The bytes of a paste as UTF-8 (or whatever its 8 bit characters are), and what was done to get there. */
export interface DecodedPaste {
  readonly bytes: Buffer;
  readonly repairs: readonly string[];
}

// A terminal's escapes: colours and cursor moves, and titles and links up to their end.
// oxlint-disable-next-line no-control-regex
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))/g;

/**
 * Undoes what Windows and terminals do to text: UTF-16 with its mark (PowerShell's `>`), the mark of UTF-8, escapes for colours.
 *
 * @throws MeshrigError INVALID_REQUEST when it is no text at all
 */
export function decodePaste(input: Uint8Array, file: string): DecodedPaste {
  const unmarked = decodeMarked(Buffer.from(input.buffer, input.byteOffset, input.byteLength));
  const zero = unmarked.bytes.indexOf(0);
  if (zero !== -1) throw noText(file, unmarked.bytes, zero);
  if (!unmarked.bytes.includes(0x1b)) return unmarked;
  const text = unmarked.bytes.toString('latin1');
  const plain = text.replace(ESCAPES, '');
  if (plain.length === text.length) return unmarked;
  return { bytes: Buffer.from(plain, 'latin1'), repairs: [...unmarked.repairs, 'colours of a terminal left out'] };
}

function decodeMarked(bytes: Buffer): DecodedPaste {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { bytes: bytes.subarray(3), repairs: [] };
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return fromUtf16(bytes.subarray(2), 'little');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return fromUtf16(bytes.subarray(2), 'big');
  // Without a mark, every second byte of western text is zero.
  if (bytes.length > 3 && bytes[0] !== 0 && bytes[1] === 0 && bytes[2] !== 0 && bytes[3] === 0)
    return fromUtf16(bytes, 'little');
  return { bytes, repairs: [] };
}

function fromUtf16(bytes: Buffer, order: 'little' | 'big'): DecodedPaste {
  const even = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  const text = (order === 'big' ? even.swap16() : even).toString('utf16le');
  return { bytes: Buffer.from(text, 'utf8'), repairs: ['UTF-16 read as UTF-8, as PowerShell writes it'] };
}

function noText(file: string, bytes: Buffer, zero: number): MeshrigError {
  const before = bytes.subarray(0, zero).toString('latin1');
  const line = before.split('\n').length;
  const column = zero - before.lastIndexOf('\n');
  const kind =
    bytes[0] === 0x1f && bytes[1] === 0x8b ? 'it is compressed' : `byte ${zero + 1} is zero, so it is no text`;
  const hint =
    bytes[0] === 0x1f && bytes[1] === 0x8b
      ? 'Unpack it first: gzip -dc FILE | meshrig explain -'
      : 'Give it as text: a log, a request, an answer.';
  return new MeshrigError('INVALID_REQUEST', `Failed to read "${file}": ${kind}`, {
    hint,
    location: { file, line, column },
  });
}
