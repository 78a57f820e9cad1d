/**
 * Reads `a=1&b=2` into a map; a name given twice keeps its first value, `+` is a blank.
 *
 * Escapes that do not decode stay as they are: AWS refuses them before an operation is looked for (aws.md 1.4).
 */
export function parseQuery(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const part of text.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decodeText(equals === -1 ? part : part.slice(0, equals));
    if (!values.has(name)) values.set(name, equals === -1 ? '' : decodeText(part.slice(equals + 1)));
  }
  return values;
}

/** The query of a raw request target, without the question mark. */
export function queryOf(target: string): string {
  const mark = target.indexOf('?');
  return mark === -1 ? '' : target.slice(mark + 1);
}

/** The path of a raw request target. */
export function pathOf(target: string): string {
  const mark = target.indexOf('?');
  return mark === -1 ? target : target.slice(0, mark);
}

/** Decodes a path label: escapes only, `+` stays. */
export function decodeLabel(label: string): string {
  if (!label.includes('%')) return label;
  try {
    return decodeURIComponent(label);
  } catch {
    return label;
  }
}

function decodeText(text: string): string {
  return decodeLabel(text.replaceAll('+', ' '));
}
