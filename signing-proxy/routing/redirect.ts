import { RedirectAction_RedirectResponseCode, type RedirectAction as RedirectConfig } from '#xds/generated/messages.js';
import type { HeaderMap } from '../http/header-map.ts';
import { compilePrefixRewrite, compileRegexRewrite, removeQuery, type PathRewrite } from './path-rewrite.ts';
import type { RedirectAction } from './types.ts';

/** The parts of a redirect's target that differ from the request's. */
export interface RedirectTarget {
  readonly scheme?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly rewritePath?: PathRewrite | undefined;
  readonly stripsQuery?: boolean | undefined;
}

/** Compiles a redirect. `matchedPath` is what a prefix rewrite takes off. */
export function compileRedirect(config: RedirectConfig, matchedPath: string | undefined): RedirectAction {
  const target: RedirectTarget = {
    scheme: compileScheme(config),
    host: config.hostRedirect === '' ? undefined : config.hostRedirect,
    port: config.portRedirect === 0 ? undefined : config.portRedirect,
    rewritePath: compilePath(config, matchedPath),
    stripsQuery: config.stripQuery,
  };
  return {
    kind: 'redirect',
    status: STATUSES[config.responseCode],
    createLocation: (headers) => createLocation(headers, target),
  };
}

function compileScheme({ schemeRewriteSpecifier: specifier }: RedirectConfig): string | undefined {
  switch (specifier.case) {
    case 'schemeRedirect':
      return specifier.value;
    case 'httpsRedirect':
      return specifier.value ? 'https' : undefined;
    case undefined:
      return undefined;
  }
}

const STATUSES: Readonly<Record<RedirectAction_RedirectResponseCode, number>> = {
  [RedirectAction_RedirectResponseCode.MOVED_PERMANENTLY]: 301,
  [RedirectAction_RedirectResponseCode.FOUND]: 302,
  [RedirectAction_RedirectResponseCode.SEE_OTHER]: 303,
  [RedirectAction_RedirectResponseCode.TEMPORARY_REDIRECT]: 307,
  [RedirectAction_RedirectResponseCode.PERMANENT_REDIRECT]: 308,
};

/** A query inside `path_redirect` replaces that of the request and is never stripped. */
function compilePath(
  { pathRewriteSpecifier: specifier, stripQuery }: RedirectConfig,
  matchedPath: string | undefined,
): PathRewrite | undefined {
  switch (specifier.case) {
    case 'pathRedirect': {
      const path = specifier.value;
      return (target) => (path.includes('?') || stripQuery ? path : path + target.slice(removeQuery(target).length));
    }
    case 'prefixRewrite':
      return compilePrefixRewrite(matchedPath, specifier.value);
    case 'regexRewrite':
      return compileRegexRewrite(specifier.value);
    case undefined:
      return undefined;
  }
}

/** Writes the `location` of a redirect. */
export function createLocation(headers: HeaderMap, target: RedirectTarget): string {
  const currentScheme = headers.get(':scheme') ?? 'http';
  const scheme = target.scheme ?? currentScheme;
  const host = chooseHost(headers.get(':authority') ?? '', { ...target, changesScheme: scheme !== currentScheme });
  const original = headers.get(':path') ?? '/';
  const path = target.rewritePath?.(original) ?? (target.stripsQuery === true ? removeQuery(original) : original);
  return `${scheme}://${host}${path}`;
}

/** With a new scheme a default port of the old one would be wrong, so it goes. */
function chooseHost(authority: string, target: RedirectTarget & { changesScheme: boolean }): string {
  const port = target.port === undefined ? '' : `:${target.port}`;
  if (target.host !== undefined) return target.host + port;
  if (target.port !== undefined) return authority.replace(/:\d+$/, '') + port;
  return target.changesScheme ? authority.replace(/:(?:80|443)$/, '') : authority;
}
