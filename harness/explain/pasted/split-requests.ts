const REQUEST_LINE = /^[A-Z]{3,10} (?:\/|https?:\/\/)\S* HTTP\/(?:1\.[01]|2(?:\.0)?)\r?$/;
/** What editors that send requests put between them. */
const SEPARATOR = /^###/;

/**
 * Splits a file of several raw requests: at lines of `###`, and at request lines that follow an empty line. Each part keeps the
 * lines before it as empty ones, so that complaints name the right line.
 */
export function splitRequests(bytes: Buffer): readonly Buffer[] {
  const lines = bytes.toString('latin1').split('\n');
  const starts = lines.flatMap((line, index) => (startsRequest(lines, line, index) ? [index] : []));
  if (starts.length < 2) return [bytes];
  return starts.map((start, part) => {
    const end = findEnd(lines, starts[part + 1] ?? lines.length);
    return Buffer.from(`${'\n'.repeat(start)}${lines.slice(start, end).join('\n')}\n`, 'latin1');
  });
}

function startsRequest(lines: readonly string[], line: string, index: number): boolean {
  if (!REQUEST_LINE.test(line)) return false;
  const before = lines[index - 1] ?? '';
  return index === 0 || before.trim() === '' || SEPARATOR.test(before);
}

/** Without the separator and the empty lines in front of the next request. */
function findEnd(lines: readonly string[], next: number): number {
  let end = next;
  while (
    end > 0 &&
    (SEPARATOR.test(lines[end - 1] ?? '') || (next < lines.length && (lines[end - 1] ?? '').trim() === ''))
  )
    end -= 1;
  return end;
}
