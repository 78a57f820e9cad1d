import type { StringMatcher } from '#xds/generated/messages.js';
import type { SigningRules } from '../../dialects/types.ts';
import { compileStringMatcher } from '../../routing/string-matcher.ts';

/** Which headers are signed, by their lower-case names. The host always is. */
export type SignedHeaderRule = (name: string) => boolean;

/** What a filter's configuration says about headers. */
interface HeaderLists {
  readonly matchExcludedHeaders: readonly StringMatcher[];
  readonly matchIncludedHeaders: readonly StringMatcher[];
}

/** Everything is signed but the dialect's own list. */
export function createDefaultHeaderRule({ excludedHeaders }: SigningRules): SignedHeaderRule {
  return (name) => !excludedHeaders.has(name);
}

/**
 * A list of headers to sign takes precedence over all that are not; `content-type` and `x-amz-*` are signed regardless
 * (gateways.md 2.1). Lists that the release does not know yet have no effect.
 *
 * @throws ConfigError when a matcher matches by nothing
 */
export function compileHeaderRule(lists: HeaderLists, rules: SigningRules): SignedHeaderRule {
  const included = rules.options.has('match_included_headers') ? lists.matchIncludedHeaders : [];
  if (included.length > 0) {
    const isIncluded = compileAny(included);
    return (name) => name === 'content-type' || name.startsWith('x-amz-') || isIncluded(name);
  }
  const isSigned = createDefaultHeaderRule(rules);
  const excluded = rules.options.has('match_excluded_headers') ? lists.matchExcludedHeaders : [];
  if (excluded.length === 0) return isSigned;
  const isExcluded = compileAny(excluded);
  return (name) => isSigned(name) && !isExcluded(name);
}

function compileAny(matchers: readonly StringMatcher[]): SignedHeaderRule {
  const predicates = matchers.map(compileStringMatcher);
  return (name) => predicates.some((matches) => matches(name));
}
