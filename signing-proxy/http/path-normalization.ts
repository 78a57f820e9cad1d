import type { HeaderMap } from './header-map.ts';

export interface PathOptions {
  readonly normalizes: boolean;
  readonly mergesSlashes: boolean;
  readonly escapedSlashes: 'keep' | 'reject' | 'unescape-and-redirect' | 'unescape-and-forward';
}

export type PathVerdict = 'ok' | 'reject' | 'redirect';

/** Paths that no rule can change: most of them. */
const PLAIN = /^(?:\/[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@-]*)+(?:\?|$)/;

/** Rewrites `:path` by the connection manager's rules (gateways.md 4.4). The query is never touched. */
export function normalizePath(headers: HeaderMap, options: PathOptions): PathVerdict {
  const target = headers.get(':path') ?? '';
  if (!target.startsWith('/') || PLAIN.test(target)) return 'ok';
  const queryStart = target.indexOf('?');
  const path = queryStart < 0 ? target : target.slice(0, queryStart);
  const query = queryStart < 0 ? '' : target.slice(queryStart);
  const hasEscapedSlash = /%(?:2f|5c)/i.test(path);
  if (hasEscapedSlash && options.escapedSlashes === 'reject') return 'reject';
  const unescapes = hasEscapedSlash && options.escapedSlashes !== 'keep';

  // Chromium's library does not canonicalise a zero byte.
  if (options.normalizes && path.includes('%00')) return 'reject';
  let result = unescapes ? path.replace(/%2f/gi, '/').replace(/%5c/gi, '\\') : path;
  if (options.normalizes) result = canonicalize(result);
  if (options.mergesSlashes) result = mergeSlashes(result);
  if (result !== path) headers.set(':path', result + query);
  return unescapes && options.escapedSlashes === 'unescape-and-redirect' ? 'redirect' : 'ok';
}

/** Envoy joins what is between slashes, and keeps one at either end: of slashes alone two are left. */
function mergeSlashes(path: string): string {
  return /^\/{2,}$/.test(path) ? '//' : path.replace(/\/{2,}/g, '/');
}

/**
 * As the URL library of Chromium does, which Envoy uses: backslashes are slashes, unreserved characters are not escaped, `.`
 * and `..` are resolved, characters that may not stand in a path are escaped.
 */
function canonicalize(path: string): string {
  const characters = path
    .replaceAll('\\', '/')
    .replace(/%([0-9a-f]{2})/gi, (escape, hex: string) => unescapeUnreserved(escape, hex))
    .replace(
      /[\0-\x20"<>^`{|}\x7f]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
  return resolveDots(characters);
}

function unescapeUnreserved(escape: string, hex: string): string {
  const character = String.fromCharCode(Number.parseInt(hex, 16));
  return /[A-Za-z0-9._~-]/.test(character) ? character : escape;
}

function resolveDots(path: string): string {
  const segments: string[] = [];
  const parts = path.split('/').slice(1);
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    if (part === '..') segments.pop();
    if (part !== '.' && part !== '..') segments.push(part);
    else if (isLast) segments.push('');
  }
  return `/${segments.join('/')}`;
}
