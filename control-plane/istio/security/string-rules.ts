import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  CidrRangeSchema,
  HeaderMatcher,
  HeaderMatcherSchema,
  StringMatcherSchema,
} from '#xds/generated/messages.js';

type StringMatcherInit = MessageInitShape<typeof StringMatcherSchema>;
type HeaderMatcherInit = Exclude<MessageInitShape<typeof HeaderMatcherSchema>, HeaderMatcher>;

/**
 * A value of an AuthorizationPolicy: `*` is any that is not empty, `*a` ends with, `a*` begins with (istio
 * `pilot/pkg/security/authz/matcher/string.go`).
 *
 * @param prefix what every value begins with and policies leave out
 */
export function matchText(value: string, prefix = ''): StringMatcherInit {
  if (value === '*') return matchPattern('.+');
  if (value.startsWith('*')) return { matchPattern: { case: 'suffix', value: value.slice(1) } };
  if (value.endsWith('*')) return { matchPattern: { case: 'prefix', value: prefix + value.slice(0, -1) } };
  return { matchPattern: { case: 'exact', value: prefix + value } };
}

/** An identity of a namespace, in which `*` stands for anything. */
export function matchNamespace(namespace: string): StringMatcherInit {
  return matchPattern(`.*/ns/${namespace.replaceAll('*', '.*')}/.*`);
}

/** An identity of a service account, written `name` or `namespace/name`, in any trust domain. */
export function matchServiceAccount(account: string, ownNamespace: string): StringMatcherInit {
  const [namespace, name] = account.includes('/') ? account.split('/') : [ownNamespace, account];
  return matchPattern(`spiffe://.+/ns/${quote(namespace)}/(.+/|)sa/${quote(name)}(/.+)?`);
}

/** An identity of a trust domain, in which one `*` stands for anything. */
export function matchTrustDomain(domain: string): StringMatcherInit {
  if (domain === '*') return { matchPattern: { case: 'prefix', value: 'spiffe://' } };
  if (!domain.includes('*')) return { matchPattern: { case: 'prefix', value: `spiffe://${domain}/` } };
  return matchPattern(`spiffe://${domain.split('*').map(quote).join('[^/]*')}/.*`);
}

export function matchHeader(name: string, value: string, ignoreCase = false): HeaderMatcherInit {
  if (value === '*') return { name, headerMatchSpecifier: { case: 'presentMatch', value: true } };
  return { name, headerMatchSpecifier: { case: 'stringMatch', value: { ...matchText(value), ignoreCase } } };
}

/** An address, or a range such as `10.0.0.0/8`. */
export function parseRange(text: string): MessageInitShape<typeof CidrRangeSchema> {
  const [addressPrefix = '', length] = text.split('/');
  const whole = addressPrefix.includes(':') ? 128 : 32;
  return { addressPrefix, prefixLen: length === undefined ? whole : Number(length) };
}

function quote(text = ''): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}

function matchPattern(regex: string): StringMatcherInit {
  return { matchPattern: { case: 'safeRegex', value: { regex } } };
}
