/** A matcher as words: `to have status 200`, `not to be refused by lambda, InvalidSignatureException`. */
export function describeMatcher(matcher: {
  readonly name: string;
  readonly isNegated: boolean;
  readonly parameters: readonly unknown[];
}): string {
  const words = matcher.name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const parameters = matcher.parameters.map(describeParameter).join(', ');
  return [matcher.isNegated ? 'not' : '', words, parameters].filter((part) => part !== '').join(' ');
}

const LIMIT = 60;

function describeParameter(parameter: unknown): string {
  if (typeof parameter === 'string' && /^[\w/-]+$/.test(parameter)) return parameter;
  if (parameter instanceof RegExp) return String(parameter);
  const text = JSON.stringify(parameter) ?? String(parameter);
  return text.length <= LIMIT ? text : `${text.slice(0, LIMIT - 3)}...`;
}
