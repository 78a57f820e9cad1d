import type { RegexMatchAndSubstitute } from '#xds/generated/messages.js';
import { compileSearch, translateSubstitution } from './regex.ts';

/** Turns one request target into another. */
export type PathRewrite = (target: string) => string;

/**
 * Compiles a prefix rewrite. As many characters as the match is long are cut off unseen: after a filter has replaced the
 * path that is the wrong cut, exactly as in Envoy (gateways.md 2.7).
 *
 * @param matchedPath the prefix or path of the match; undefined for a regex, which counts as the whole path
 */
export function compilePrefixRewrite(matchedPath: string | undefined, rewrite: string): PathRewrite {
  return (target) => rewrite + target.slice(matchedPath?.length ?? removeQuery(target).length);
}

/** Compiles a regex rewrite: it sees the path alone, the query stays. */
export function compileRegexRewrite(rewrite: RegexMatchAndSubstitute): PathRewrite {
  const regex = compileSearch(rewrite.pattern);
  const substitution = translateSubstitution(rewrite.substitution);
  return (target) => {
    const path = removeQuery(target);
    return path.replace(regex, substitution) + target.slice(path.length);
  };
}

/** The path of a request target, without query and fragment. */
export function removeQuery(target: string): string {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  const fragment = path.indexOf('#');
  return fragment < 0 ? path : path.slice(0, fragment);
}
