import type { Permission } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { compileHeaderMatcher } from '../routing/header-matcher.ts';
import { compileStringMatcher } from '../routing/string-matcher.ts';
import { compileCidrRange, compilePathMatcher } from './matchers.ts';
import type { RbacPredicate } from './types.ts';

/** Compiles what a caller wants to do. @throws ConfigError for a rule that cannot be checked */
export function compilePermission({ rule }: Permission): RbacPredicate {
  switch (rule.case) {
    case 'any':
      return () => rule.value;
    case 'andRules': {
      const inner = rule.value.rules.map(compilePermission);
      return (facts) => inner.every((permits) => permits(facts));
    }
    case 'orRules': {
      const inner = rule.value.rules.map(compilePermission);
      return (facts) => inner.some((permits) => permits(facts));
    }
    case 'notRule': {
      const inner = compilePermission(rule.value);
      return (facts) => !inner(facts);
    }
    case 'header': {
      const matches = compileHeaderMatcher(rule.value);
      return ({ headers }) => matches(headers);
    }
    case 'urlPath':
      return compilePathMatcher(rule.value);
    case 'destinationIp': {
      const contains = compileCidrRange(rule.value);
      return ({ downstream }) => contains(downstream.localAddress);
    }
    case 'destinationPort':
      return ({ downstream }) => downstream.localPort === rule.value;
    case 'destinationPortRange':
      return ({ downstream: { localPort } }) => localPort >= rule.value.start && localPort < rule.value.end;
    case 'requestedServerName': {
      const matches = compileStringMatcher(rule.value);
      return ({ downstream }) => matches(downstream.tls?.sni ?? '');
    }
    case 'metadata':
      // No filter here writes dynamic metadata, so there is none to match.
      return () => rule.value.invert;
    case 'matcher':
    case 'uriTemplate':
    case undefined:
      throw new ConfigError(`RBAC permission of kind ${rule.case ?? 'none'} is not supported`);
  }
}
