import type { PolicyContext } from './types.ts';

export interface PatternOptions {
  /** Action names compare case-blind, resources do not (aws.md 4.7). */
  readonly ignoresCase?: boolean;
  /** Replaces `${aws:username}` and its like; undefined leaves them as they are. */
  readonly variables?: PolicyContext | undefined;
}

/**
 * Whether `text` fits a pattern: `*` stands for anything, `/` and `:` included, `?` for one character (aws.md 4.7).
 *
 * A variable's value is literal. A pattern with a variable that has no value matches nothing.
 */
export function matchesPattern(pattern: string, text: string, options: PatternOptions = {}): boolean {
  const tokens = tokenize(pattern, options.variables);
  if (tokens === undefined) return false;
  return options.ignoresCase === true
    ? matchTokens(tokens.map(lowerCase), Array.from(text.toLowerCase()))
    : matchTokens(tokens, Array.from(text));
}

/** A character to find, or one of the two wildcards. */
type Token = string | typeof ANY | typeof ONE;
const ANY = Symbol('*');
const ONE = Symbol('?');

const PARTS = /\$\{(?<name>[^}]*)\}|[^]/gu;
/** `${*}`, `${?}` and `${$}` write the character itself. */
const ESCAPES = new Set(['*', '?', '$']);

function tokenize(pattern: string, variables: PolicyContext | undefined): Token[] | undefined {
  const tokens: Token[] = [];
  for (const match of pattern.matchAll(PARTS)) {
    const name = match.groups?.['name'];
    if (name === undefined || variables === undefined) tokens.push(...Array.from(match[0], toToken));
    else if (ESCAPES.has(name)) tokens.push(name);
    else {
      const value = variables.get(name.toLowerCase());
      if (typeof value !== 'string') return undefined;
      tokens.push(...Array.from(value));
    }
  }
  return tokens;
}

function toToken(character: string): Token {
  if (character === '*') return ANY;
  return character === '?' ? ONE : character;
}

function lowerCase(token: Token): Token {
  return typeof token === 'string' ? token.toLowerCase() : token;
}

/** Goes back to the last `*` only, so the time is bounded by the product of both lengths. */
function matchTokens(tokens: readonly Token[], text: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let resumeAt = 0;
  while (at < text.length) {
    const wanted = tokens[token];
    if (wanted === ANY) {
      star = token++;
      resumeAt = at;
    } else if (wanted === ONE || wanted === text[at]) {
      token++;
      at++;
    } else if (star !== -1) {
      token = star + 1;
      at = ++resumeAt;
    } else {
      return false;
    }
  }
  while (tokens[token] === ANY) token++;
  return token === tokens.length;
}
