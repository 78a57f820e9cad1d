import { describe, expect, test } from 'vitest';
import { compileSanMatchers } from '#signing-proxy/secrets/san-matcher.ts';
import type { SubjectAltNames } from '#signing-proxy/secrets/subject-alt-names.ts';
import { CertificateValidationContextSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';

const NONE: SubjectAltNames = { dns: [], uri: [], email: [], ip: [] };

function accepts(context: object, names: Partial<SubjectAltNames>): boolean {
  const matchers = compileSanMatchers(fromProtoJson(CertificateValidationContextSchema, context));
  return matchers.some((matches) => matches({ ...NONE, ...names }));
}

const typed = (sanType: string, matcher: object) => ({ matchTypedSubjectAltNames: [{ sanType, matcher }] });

describe('subject alternative name matchers', () => {
  test('compares names of the kind asked for only', () => {
    const matcher = typed('URI', { prefix: 'spiffe://cluster.local/' });
    expect(accepts(matcher, { uri: ['spiffe://cluster.local/ns/a'] })).toBe(true);
    expect(accepts(matcher, { dns: ['spiffe://cluster.local/ns/a'] })).toBe(false);
  });

  test('lets a wildcard in the certificate stand for one label', () => {
    const matcher = typed('DNS', { exact: 'a.b.example' });
    expect(accepts(matcher, { dns: ['*.b.example'] })).toBe(true);
    expect(accepts(matcher, { dns: ['*.example'] })).toBe(false);
    expect(accepts(matcher, { dns: ['A.B.EXAMPLE'] })).toBe(true);
  });

  test('looks at every kind in the older form', () => {
    const matcher = { matchSubjectAltNames: [{ exact: '10.0.0.1' }] };
    expect(accepts(matcher, { ip: ['10.0.0.1'] })).toBe(true);
    expect(accepts(matcher, { ip: ['10.0.0.2'] })).toBe(false);
  });

  test('matches a regular expression as a whole', () => {
    const matcher = typed('DNS', { safeRegex: { regex: 'a+' } });
    expect(accepts(matcher, { dns: ['aaa'] })).toBe(true);
    expect(accepts(matcher, { dns: ['aab'] })).toBe(false);
  });

  test('refuses a kind it cannot see', () => {
    expect(() => accepts(typed('OTHER_NAME', { exact: 'a' }), {})).toThrow(
      'Unsupported subject alternative name matcher of type OTHER_NAME',
    );
  });
});
