import { AuthError } from './auth-error.ts';
import { findBrokenEscape, normalizePercentEncoding, percentEncode } from './percent-encoding.ts';
import type { PathRule } from './types.ts';

/** Segments of unreserved bytes that do not start with a dot: nothing to remove, nothing to encode. */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9\-_~][A-Za-z0-9\-._~]*)+\/?$/;

/**
 * The path line of the canonical request, from the path as it was on the wire (aws.md 1.7).
 *
 * @throws AuthError `path-malformed` for a path that is not absolute, has a broken escape or leaves the root
 */
export function createCanonicalPath(path: string, rule: PathRule): string {
  if (path === '' || path === '/') return '/';
  if (PLAIN_PATH.test(path)) return path;
  if (!path.startsWith('/') || findBrokenEscape(path) !== -1) throw new AuthError('path-malformed');
  return rule === 'raw'
    ? mapSegments(path, normalizePercentEncoding)
    : mapSegments(removeDotSegments(path), percentEncode);
}

/** Only literal dots count: `%2E%2E` is an ordinary segment on the wire. */
function removeDotSegments(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.pop() === undefined) throw new AuthError('path-malformed');
  }
  // The trailing slash is significant, but a path that lost all its segments is "/" and not "//".
  return kept.length > 0 && path.endsWith('/') ? `/${kept.join('/')}/` : `/${kept.join('/')}`;
}

function mapSegments(path: string, encode: (segment: string) => string): string {
  return path
    .split('/')
    .map((segment) => encode(segment))
    .join('/');
}
