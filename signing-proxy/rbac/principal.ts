import type { Principal, Principal_Authenticated } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { compileHeaderMatcher } from '../routing/header-matcher.ts';
import { compileStringMatcher } from '../routing/string-matcher.ts';
import { compileCidrRange, compilePathMatcher } from './matchers.ts';
import type { RbacPredicate } from './types.ts';

/** Compiles who a caller has to be. @throws ConfigError for an identifier that cannot be checked */
export function compilePrincipal({ identifier }: Principal): RbacPredicate {
  switch (identifier.case) {
    case 'any':
      return () => identifier.value;
    case 'andIds': {
      const inner = identifier.value.ids.map(compilePrincipal);
      return (facts) => inner.every((is) => is(facts));
    }
    case 'orIds': {
      const inner = identifier.value.ids.map(compilePrincipal);
      return (facts) => inner.some((is) => is(facts));
    }
    case 'notId': {
      const inner = compilePrincipal(identifier.value);
      return (facts) => !inner(facts);
    }
    case 'authenticated':
      return compileAuthenticated(identifier.value);
    case 'sourceIp':
    case 'directRemoteIp': {
      const contains = compileCidrRange(identifier.value);
      return ({ downstream }) => contains(downstream.remoteAddress);
    }
    case 'remoteIp': {
      const contains = compileCidrRange(identifier.value);
      return ({ remoteAddress }) => contains(remoteAddress);
    }
    case 'header': {
      const matches = compileHeaderMatcher(identifier.value);
      return ({ headers }) => matches(headers);
    }
    case 'urlPath':
      return compilePathMatcher(identifier.value);
    case 'metadata':
      // No filter here writes dynamic metadata, so there is none to match.
      return () => identifier.value.invert;
    case 'filterState':
    case undefined:
      throw new ConfigError(`RBAC principal of kind ${identifier.case ?? 'none'} is not supported`);
  }
}

/** Without a name any TLS will do; else one of the URI names, of the DNS names, or the subject has to match. */
function compileAuthenticated({ principalName }: Principal_Authenticated): RbacPredicate {
  if (principalName === undefined) return ({ downstream }) => downstream.tls !== undefined;
  const matches = compileStringMatcher(principalName);
  return ({ downstream: { tls } }) =>
    tls !== undefined &&
    (tls.peer?.uriSans.some(matches) === true ||
      tls.peer?.dnsSans.some(matches) === true ||
      matches(tls.peer?.subject ?? ''));
}
