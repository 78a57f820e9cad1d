import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  PermissionSchema,
  Permission,
  Policy,
  PolicySchema,
  Principal,
  PrincipalSchema,
} from '#xds/generated/messages.js';
import type {
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationRule,
  AuthorizationSource,
} from '../../kube/schemas/security.ts';
import {
  matchHeader,
  matchNamespace,
  matchServiceAccount,
  matchText,
  matchTrustDomain,
  parseRange,
} from './string-rules.ts';

export type RbacPolicyInit = Exclude<MessageInitShape<typeof PolicySchema>, Policy>;
type PermissionInit = Exclude<MessageInitShape<typeof PermissionSchema>, Permission>;
type PrincipalInit = Exclude<MessageInitShape<typeof PrincipalSchema>, Principal>;

const IDENTITY_PREFIX = 'spiffe://';
const HTTP_ONLY = ['hosts', 'notHosts', 'methods', 'notMethods', 'paths', 'notPaths'] as const;

/**
 * Translates one rule: any of its operations by any of its sources, if every condition holds.
 *
 * @param namespace that of the policy: a service account without one is of it
 */
export function translateRule({ from, to, when = [] }: AuthorizationRule, namespace: string): RbacPolicyInit {
  const operations = to?.map(({ operation }) => operation) ?? [{}];
  const sources = from?.map(({ source }) => source) ?? [{}];
  const asked = when.flatMap(translatePermissionCondition);
  const asking = when.flatMap(translatePrincipalCondition);
  return {
    permissions: operations.map((operation) => allPermissions([...translateOperation(operation), ...asked])),
    principals: sources.map((source) => allPrincipals([...translateSource(source, namespace), ...asking])),
  };
}

/**
 * A rule for connections that are not HTTP: to refuse, what only HTTP tells is left out; to allow, a rule that asks for it
 * allows nothing (istio `pilot/pkg/security/authz/model/model.go`).
 */
export function withoutHttp(
  rule: AuthorizationRule,
  action: 'ALLOW' | 'AUDIT' | 'DENY',
): AuthorizationRule | undefined {
  const { to, when = [] } = rule;
  const asksHttp =
    to?.some(({ operation }) => HTTP_ONLY.some((field) => operation[field] !== undefined)) === true ||
    when.some(isHttpCondition);
  if (!asksHttp) return rule;
  if (action !== 'DENY') return undefined;
  return {
    ...rule,
    to: to?.map(({ operation: { ports, notPorts } }) => ({ operation: { ports, notPorts } })),
    when: when.filter((condition) => !isHttpCondition(condition)),
  };
}

function isHttpCondition({ key }: AuthorizationCondition): boolean {
  return key.startsWith('request.');
}

function translateOperation(operation: AuthorizationOperation): PermissionInit[] {
  const { hosts, notHosts, methods, notMethods, paths, notPaths, ports, notPorts } = operation;
  return [
    ...permit(hosts, notHosts, (host) => ({ case: 'header', value: matchHeader(':authority', host, true) })),
    ...permit(methods, notMethods, (method) => ({ case: 'header', value: matchHeader(':method', method) })),
    ...permit(paths, notPaths, (path) => ({
      case: 'urlPath',
      value: { rule: { case: 'path', value: matchText(path) } },
    })),
    ...permit(ports, notPorts, (port) => ({ case: 'destinationPort', value: Number(port) })),
  ];
}

function translateSource(source: AuthorizationSource, namespace: string): PrincipalInit[] {
  const byAccount: Identify = (account) => authenticated(matchServiceAccount(account, namespace));
  return [
    ...identify(source.principals, source.notPrincipals, byPrincipal),
    ...identify(source.namespaces, source.notNamespaces, byNamespace),
    ...identify(source.serviceAccounts, source.notServiceAccounts, byAccount),
    ...identify(source.trustDomains, source.notTrustDomains, byTrustDomain),
    ...identify(source.ipBlocks, source.notIpBlocks, byIp),
    ...identify(source.remoteIpBlocks, source.notRemoteIpBlocks, byRemoteIp),
  ];
}

function translatePermissionCondition({ key, values, notValues }: AuthorizationCondition): PermissionInit[] {
  switch (key) {
    case 'destination.ip':
      return permit(values, notValues, (ip) => ({ case: 'destinationIp', value: parseRange(ip) }));
    case 'destination.port':
      return permit(values, notValues, (port) => ({ case: 'destinationPort', value: Number(port) }));
    case 'connection.sni':
      return permit(values, notValues, (sni) => ({ case: 'requestedServerName', value: matchText(sni) }));
    default:
      return [];
  }
}

function translatePrincipalCondition({ key, values, notValues }: AuthorizationCondition): PrincipalInit[] {
  const [, header] = /^request\.headers\[(.+)\]$/.exec(key) ?? [];
  if (header !== undefined) {
    return identify(values, notValues, (value) => ({ case: 'header', value: matchHeader(header, value) }));
  }
  const by = PRINCIPAL_KEYS[key];
  return by === undefined ? [] : identify(values, notValues, by);
}

const byPrincipal: Identify = (principal) => authenticated(matchText(principal, IDENTITY_PREFIX));
const byNamespace: Identify = (namespace) => authenticated(matchNamespace(namespace));
const byTrustDomain: Identify = (domain) => authenticated(matchTrustDomain(domain));
const byIp: Identify = (block) => ({ case: 'directRemoteIp', value: parseRange(block) });
const byRemoteIp: Identify = (block) => ({ case: 'remoteIp', value: parseRange(block) });

const PRINCIPAL_KEYS: Readonly<Record<string, Identify>> = {
  'remote.ip': byRemoteIp,
  'source.ip': byIp,
  'source.namespace': byNamespace,
  'source.principal': byPrincipal,
};

type Identify = (value: string) => NonNullable<PrincipalInit['identifier']>;
type Permit = (value: string) => NonNullable<PermissionInit['rule']>;

function authenticated(principalName: ReturnType<typeof matchText>): ReturnType<Identify> {
  return { case: 'authenticated', value: { principalName } };
}

/** Any of some values, and none of others. */
function permit(values: string[] | undefined, notValues: string[] | undefined, by: Permit): PermissionInit[] {
  const any = (of: string[]): PermissionInit => ({
    rule: { case: 'orRules', value: { rules: of.map((value) => ({ rule: by(value) })) } },
  });
  return [
    ...(values === undefined ? [] : [any(values)]),
    ...(notValues === undefined ? [] : [{ rule: { case: 'notRule', value: any(notValues) } } as const]),
  ];
}

function identify(values: string[] | undefined, notValues: string[] | undefined, by: Identify): PrincipalInit[] {
  const any = (of: string[]): PrincipalInit => ({
    identifier: { case: 'orIds', value: { ids: of.map((value) => ({ identifier: by(value) })) } },
  });
  return [
    ...(values === undefined ? [] : [any(values)]),
    ...(notValues === undefined ? [] : [{ identifier: { case: 'notId', value: any(notValues) } } as const]),
  ];
}

function allPermissions(rules: PermissionInit[]): PermissionInit {
  const given = rules.length > 0 ? rules : [{ rule: { case: 'any', value: true } } as const];
  return { rule: { case: 'andRules', value: { rules: given } } };
}

function allPrincipals(ids: PrincipalInit[]): PrincipalInit {
  const given = ids.length > 0 ? ids : [{ identifier: { case: 'any', value: true } } as const];
  return { identifier: { case: 'andIds', value: { ids: given } } };
}
