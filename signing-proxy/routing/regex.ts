import { setFlagsFromString } from 'node:v8';
import type { RegexMatcher } from '#xds/generated/messages.js';
import { messageOf } from '#core/errors.ts';
import { ConfigError } from '../config-error.ts';

// RE2 never takes longer than linear time. V8 has such an engine too, and falls back to it when a match backtracks too
// often. It has no case-insensitive matching: a pattern with `(?i)` can still take exponential time.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

/**
 * Compiles an RE2 pattern that must match a whole value.
 *
 * @throws ConfigError for what RE2 refuses, and for what it has but this engine cannot do
 */
export function compileFullMatch(matcher: RegexMatcher | undefined): RegExp {
  const { source, flags } = translate(matcher?.regex ?? '');
  return construct(`^(?:${source})$`, flags);
}

/**
 * Compiles an RE2 pattern that is searched for everywhere in a value, to be replaced.
 *
 * @throws ConfigError as {@link compileFullMatch}
 */
export function compileSearch(matcher: RegexMatcher | undefined): RegExp {
  const { source, flags } = translate(matcher?.regex ?? '');
  return construct(source, `${flags}g`);
}

/** Turns RE2's `\1` and `\\` into what `String.replace` takes. */
export function translateSubstitution(substitution: string): string {
  return substitution
    .replace(/\$/g, '$$$$')
    .replace(/\\(\d)/g, (_, group: string) => (group === '0' ? '$&' : `$${group}`))
    .replace(/\\\\/g, '\\');
}

/** What JavaScript accepts and RE2 refuses, with RE2's words. */
const REFUSED_BY_RE2: readonly (readonly [form: RegExp, problem: string])[] = [
  [/\(\?(?:[=!]|<[=!]|>)/, 'invalid perl operator'],
  [/\\[1-9]|\\k</, 'invalid escape sequence'],
  [/[*+?}][+]/, 'bad repetition operator'],
];

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

function translate(pattern: string): { source: string; flags: string } {
  refuse(pattern);
  const leading = /^\(\?([ims]+)\)/.exec(pattern);
  const flags = leading?.[1] ?? '';
  const source = pattern
    .slice(leading?.[0].length ?? 0)
    .replace(/\(\?P</g, '(?<')
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
    .replace(/\[:(\w+):\]/g, (whole, name: string) => POSIX_CLASSES[name] ?? whole);
  return { source, flags: [...new Set(flags)].join('') };
}

function refuse(pattern: string): void {
  const outsideClasses = pattern.replace(/\\[^1-9k]/g, '..').replace(/\[[^\]]*\]/g, (text) => '.'.repeat(text.length));
  for (const [form, problem] of REFUSED_BY_RE2) {
    const found = form.exec(outsideClasses);
    if (found !== null) throw new ConfigError(`${problem}: ${found[0]}`);
  }
}

function construct(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new ConfigError(messageOf(error));
  }
}
