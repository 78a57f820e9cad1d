/** Header lines of a log, and how many breaks inside them were undone. */
export interface JoinedHeaders {
  readonly lines: readonly (readonly [name: string, value: string])[];
  readonly joined: number;
}

/** Joins `'name', 'value'` lines that a terminal or an editor wrapped; an empty line or a prompt ends them. */
export function joinHeaderLines(lines: readonly string[]): JoinedHeaders {
  const whole: string[] = [];
  let joined = 0;
  for (const line of lines) {
    const last = whole.at(-1);
    const isOpen = last !== undefined && !/', '[^]*'$/.test(last);
    if (!isOpen && !line.startsWith("'")) {
      if (whole.length > 0) break;
      continue;
    }
    if (isOpen && line !== '') {
      whole[whole.length - 1] = last + line;
      joined += 1;
    } else if (line.startsWith("'")) whole.push(line);
  }
  const pairs = whole.flatMap((line) => {
    const [, name, value] = /^'([^']+)', '([^]*)'$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value] as const];
  });
  return { lines: pairs, joined };
}

/** Markdown takes pairs of stars for emphasis: an Accept of "any" is the value that it breaks (seed 000). */
export function mendHeader(name: string, value: string): string {
  return name === 'accept' && /^[\\_*]+\/[\\_*]+$/.test(value) ? '*/*' : value;
}
