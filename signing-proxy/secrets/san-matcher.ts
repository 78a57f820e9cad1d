import {
  SubjectAltNameMatcher_SanType as SanType,
  type CertificateValidationContext,
  type StringMatcher,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { compileStringMatcher } from '../routing/string-matcher.ts';
import type { SubjectAltNames } from './subject-alt-names.ts';

/** Whether one of a certificate's names is the one wanted. */
export type SanMatcher = (names: SubjectAltNames) => boolean;

const KINDS = new Map<SanType, keyof SubjectAltNames>([
  [SanType.DNS, 'dns'],
  [SanType.URI, 'uri'],
  [SanType.EMAIL, 'email'],
  [SanType.IP_ADDRESS, 'ip'],
]);

/**
 * Compiles both forms, the typed one and the older one that looks at names of every kind.
 *
 * @throws ConfigError for a kind of name or of match that this proxy cannot check
 */
export function compileSanMatchers(context: CertificateValidationContext): SanMatcher[] {
  const untyped = context.matchSubjectAltNames.map((matcher): SanMatcher => {
    const kinds = (['dns', 'uri', 'email', 'ip'] as const).map((kind) => compileKind(kind, matcher));
    return (names) => kinds.some((matches) => matches(names));
  });
  const typed = context.matchTypedSubjectAltNames.map(({ sanType, matcher }): SanMatcher => {
    const kind = KINDS.get(sanType);
    if (kind === undefined || matcher === undefined)
      throw new ConfigError(`Unsupported subject alternative name matcher of type ${SanType[sanType]}`);
    return compileKind(kind, matcher);
  });
  return [...typed, ...untyped];
}

/** A matcher for one DNS name, as `auto_san_validation` demands it. */
export function createDnsNameMatcher(name: string): SanMatcher {
  return ({ dns }) => dns.some((presented) => isDnsNameMatch(presented, name));
}

function compileKind(kind: keyof SubjectAltNames, matcher: StringMatcher): SanMatcher {
  const { matchPattern } = matcher;
  // A wildcard in the certificate stands for one label (envoy source/common/tls/cert_validator/san_matcher.cc).
  if (kind === 'dns' && matchPattern.case === 'exact') return createDnsNameMatcher(matchPattern.value);
  const matches = compileStringMatcher(matcher);
  return (names) => names[kind].some(matches);
}

function isDnsNameMatch(presented: string, wanted: string): boolean {
  const name = wanted.toLowerCase();
  const pattern = presented.toLowerCase();
  if (!pattern.startsWith('*.')) return pattern === name;
  const dot = name.indexOf('.');
  return dot > 0 && name.slice(dot) === pattern.slice(1);
}
