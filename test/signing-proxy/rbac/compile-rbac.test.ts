import type { JsonObject } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import { compileRbac } from '#signing-proxy/rbac/compile-rbac.ts';
import type { RbacFacts } from '#signing-proxy/rbac/types.ts';
import { RBACSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';
import { MESH_TLS } from '../support/http-rig.ts';

const GATEWAY = 'spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account';

const FACTS: RbacFacts = {
  headers: HeaderMap.from([
    [':method', 'GET'],
    [':path', '/cat?color=black'],
    [':authority', 'example.com'],
    ['x-team', 'cats'],
  ]),
  downstream: {
    connectionId: 1,
    remoteAddress: '10.42.0.9',
    remotePort: 40_000,
    localAddress: '10.42.0.5',
    localPort: 8080,
    tls: { ...MESH_TLS, sni: 'cats.example' },
    listener: { name: 'ingress', version: '1' },
  },
  remoteAddress: '203.0.113.7',
};

const decide = (permissions: JsonObject, principals: JsonObject, facts: RbacFacts = FACTS) =>
  compileRbac(fromProtoJson(RBACSchema, { policies: { p: { permissions: [permissions], principals: [principals] } } }))(
    facts,
  ).isAllowed;

const testRule =
  (kind: 'permission' | 'principal') => (name: string, matching: JsonObject, failing: JsonObject, facts?: RbacFacts) =>
    test(`a ${kind} by ${name} matches, and does not`, () => {
      const check = (rule: JsonObject) =>
        kind === 'permission' ? decide(rule, { any: true }, facts) : decide({ any: true }, rule, facts);
      expect([check(matching), check(failing)]).toEqual([true, false]);
    });

describe('authorisation rules', () => {
  const testPermission = testRule('permission');
  const header = (name: string, exact: string) => ({ header: { name, string_match: { exact } } });
  testPermission('anything', { any: true }, { any: false });
  testPermission('header', header(':method', 'GET'), header(':method', 'POST'));
  testPermission(
    'path without query',
    { url_path: { path: { exact: '/cat' } } },
    { url_path: { path: { exact: '/cat?color=black' } } },
  );
  testPermission('destination port', { destination_port: 8080 }, { destination_port: 80 });
  testPermission(
    'range of ports, its end left out',
    { destination_port_range: { start: 8080, end: 8081 } },
    { destination_port_range: { start: 8000, end: 8080 } },
  );
  testPermission(
    'destination address',
    { destination_ip: { address_prefix: '10.42.0.0', prefix_len: 16 } },
    { destination_ip: { address_prefix: '10.43.0.0', prefix_len: 16 } },
  );
  testPermission(
    'server name',
    { requested_server_name: { suffix: '.example' } },
    { requested_server_name: { exact: 'dogs.example' } },
  );
  testPermission('negation', { not_rule: { destination_port: 80 } }, { not_rule: { destination_port: 8080 } });
  testPermission(
    'all of several',
    { and_rules: { rules: [{ destination_port: 8080 }, { any: true }] } },
    { and_rules: { rules: [{ destination_port: 8080 }, { any: false }] } },
  );
  testPermission(
    'one of several',
    { or_rules: { rules: [{ destination_port: 80 }, { any: true }] } },
    { or_rules: { rules: [{ destination_port: 80 }, { any: false }] } },
  );
  const metadata = { filter: 'istio_authn', path: [{ key: 'k' }], value: { present_match: true } };
  testPermission('metadata, of which there is none', { metadata: { ...metadata, invert: true } }, { metadata });

  const testPrincipal = testRule('principal');
  const authenticated = (principal_name: JsonObject) => ({ authenticated: { principal_name } });
  testPrincipal('anybody', { any: true }, { any: false });
  testPrincipal(
    'URI name',
    authenticated({ exact: GATEWAY }),
    authenticated({ exact: 'spiffe://cluster.local/other' }),
  );
  testPrincipal(
    'namespace',
    authenticated({ safe_regex: { regex: '.*/ns/istio-system/.*' } }),
    authenticated({ safe_regex: { regex: '.*/ns/default/.*' } }),
  );
  testPrincipal(
    'address of the connection',
    { direct_remote_ip: { address_prefix: '10.42.0.9', prefix_len: 32 } },
    { direct_remote_ip: { address_prefix: '203.0.113.7', prefix_len: 32 } },
  );
  testPrincipal(
    'address after x-forwarded-for',
    { remote_ip: { address_prefix: '203.0.113.0', prefix_len: 24 } },
    { remote_ip: { address_prefix: '10.0.0.0', prefix_len: 8 } },
  );
  testPrincipal('header', header('x-team', 'cats'), header('x-team', 'dogs'));
  testPrincipal('path', { url_path: { path: { prefix: '/c' } } }, { url_path: { path: { prefix: '/d' } } });
  testPrincipal('negation', { not_id: { any: false } }, { not_id: { any: true } });
  testPrincipal(
    'all of several',
    { and_ids: { ids: [{ any: true }, header('x-team', 'cats')] } },
    { and_ids: { ids: [{ any: true }, header('x-team', 'dogs')] } },
  );
  testPrincipal(
    'one of several',
    { or_ids: { ids: [{ any: false }, header('x-team', 'cats')] } },
    { or_ids: { ids: [{ any: false }, header('x-team', 'dogs')] } },
  );
  testPrincipal(
    'subject, where the certificate has no names',
    authenticated({ exact: 'CN=client' }),
    authenticated({ exact: 'CN=other' }),
    {
      ...FACTS,
      downstream: {
        ...FACTS.downstream,
        tls: { ...MESH_TLS, peer: { hash: '', subject: 'CN=client', uriSans: [], dnsSans: [], pem: '', chainPem: '' } },
      },
    },
  );

  test('authentication without a name wants TLS and no more', () => {
    const plain = { ...FACTS, downstream: { ...FACTS.downstream, tls: undefined } };
    expect(decide({ any: true }, { authenticated: {} })).toBe(true);
    expect(decide({ any: true }, { authenticated: {} }, plain)).toBe(false);
    expect(decide({ any: true }, authenticated({ exact: '' }), plain)).toBe(false);
  });

  test.each([
    ['a condition', { permissions: [{ any: true }], principals: [{ any: true }], condition: {} }, 'CEL'],
    ['an empty permission', { permissions: [{}], principals: [{ any: true }] }, 'permission of kind none'],
    ['an empty principal', { permissions: [{ any: true }], principals: [{}] }, 'principal of kind none'],
    [
      'a range that is none',
      { permissions: [{ any: true }], principals: [{ source_ip: { address_prefix: 'here' } }] },
      'invalid CIDR range: here/0',
    ],
  ])('refuse %s', (_, policy, message) => {
    expect(() => compileRbac(fromProtoJson(RBACSchema, { policies: { p: policy } }))).toThrow(message);
  });

  const ANYONE = { permissions: [{ any: true }], principals: [{ any: true }] };
  const NOBODY = { permissions: [{ any: true }], principals: [{ any: false }] };
  test.each([
    ['ALLOW', { p: ANYONE }, true, 'p'],
    ['ALLOW', { p: NOBODY }, false, 'none'],
    ['ALLOW', {}, false, 'none'],
    ['DENY', { b: ANYONE, 'a b': ANYONE }, false, 'a_b'],
    ['DENY', { p: NOBODY }, true, 'none'],
    ['LOG', { p: NOBODY }, true, 'none'],
  ])('%s with %j', (action, policies, isAllowed, policy) => {
    const details = `rbac_access_denied_matched_policy[${policy}]`;
    expect(compileRbac(fromProtoJson(RBACSchema, { action, policies }))(FACTS)).toEqual({ isAllowed, details });
  });
});
