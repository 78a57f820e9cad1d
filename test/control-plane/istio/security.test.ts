import { expect, test } from 'vitest';
import { ENDPOINT_TYPE, LISTENER_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestPod, createTestProxy, GATEWAY, listAt, managerOf, namesOf } from '../mesh.ts';

const SIDECAR = createTestProxy();
const BASE = `
apiVersion: v1
kind: Service
metadata: {name: httpbin}
spec: {ports: [{name: http, port: 80}, {name: tcp, port: 90}], selector: {app: httpbin}}
---
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: {name: gateway, namespace: istio-system}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}
---
`;

function policy(kind: string, spec: string, { name = 'policy', namespace = 'default' } = {}): string {
  return `
apiVersion: security.istio.io/v1beta1
kind: ${kind}
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
---
`;
}

const authorization = (spec: string, place = {}): string => policy('AuthorizationPolicy', spec, place);
const authentication = (spec: string, place = {}): string => policy('PeerAuthentication', spec, place);

function chainsOf(manifests: string, proxy = SIDECAR, listener = 'virtualInbound') {
  const listeners = createTestMesh({ manifests: BASE + manifests }).generate(proxy, LISTENER_TYPE);
  return listAt(
    listeners.find(({ name }) => name === listener),
    'filter_chains',
  );
}

function httpRules(manifests: string, proxy = SIDECAR, listener = 'virtualInbound') {
  const chain = chainsOf(manifests, proxy, listener).find((candidate) => managerOf(candidate) !== undefined);
  return listAt(managerOf(chain), 'http_filters')
    .filter(({ name }) => name === 'envoy.filters.http.rbac')
    .map((filter) => at(filter, 'typed_config', 'rules'));
}

function onlyPolicyOf(spec: string) {
  return at(httpRules(authorization(spec))[0], 'policies', 'ns[default]-policy[policy]-rule[0]');
}

const exact = (value: string) => ({ authenticated: { principal_name: { exact: value } } });

test('allows a principal some methods and paths', () => {
  const rule = `{
    from: [{source: {principals: [cluster.local/ns/default/sa/sleep], notNamespaces: [dev*]}}],
    to: [{operation: {methods: [GET], paths: [/a, /b*, "*/c", "*"], notHosts: [x.com], ports: ["80"]}}],
  }`;
  expect(onlyPolicyOf(`{rules: [${rule}]}`)).toEqual({
    permissions: [
      {
        and_rules: {
          rules: [
            {
              not_rule: {
                or_rules: {
                  rules: [{ header: { name: ':authority', string_match: { exact: 'x.com', ignore_case: true } } }],
                },
              },
            },
            { or_rules: { rules: [{ header: { name: ':method', string_match: { exact: 'GET' } } }] } },
            {
              or_rules: {
                rules: [
                  { url_path: { path: { exact: '/a' } } },
                  { url_path: { path: { prefix: '/b' } } },
                  { url_path: { path: { suffix: '/c' } } },
                  { url_path: { path: { safe_regex: { regex: '.+' } } } },
                ],
              },
            },
            { or_rules: { rules: [{ destination_port: 80 }] } },
          ],
        },
      },
    ],
    principals: [
      {
        and_ids: {
          ids: [
            { or_ids: { ids: [exact('spiffe://cluster.local/ns/default/sa/sleep')] } },
            {
              not_id: {
                or_ids: {
                  ids: [{ authenticated: { principal_name: { safe_regex: { regex: '.*/ns/dev.*/.*' } } } }],
                },
              },
            },
          ],
        },
      },
    ],
  });
});

test('puts the conditions of a rule where they belong', () => {
  const when = `[
    {key: "request.headers[x-team]", values: ["*"]},
    {key: source.ip, notValues: [10.1.0.0/16]},
    {key: destination.port, values: ["80"]},
    {key: connection.sni, values: [a.example.com]},
  ]`;
  expect(onlyPolicyOf(`{rules: [{when: ${when}}]}`)).toEqual({
    permissions: [
      {
        and_rules: {
          rules: [
            { or_rules: { rules: [{ destination_port: 80 }] } },
            { or_rules: { rules: [{ requested_server_name: { exact: 'a.example.com' } }] } },
          ],
        },
      },
    ],
    principals: [
      {
        and_ids: {
          ids: [
            { or_ids: { ids: [{ header: { name: 'x-team', present_match: true } }] } },
            {
              not_id: { or_ids: { ids: [{ direct_remote_ip: { address_prefix: '10.1.0.0', prefix_len: 16 } }] } },
            },
          ],
        },
      },
    ],
  });
});

test('refuses before it allows, with one filter for each, ahead of all others that answer', () => {
  const manifests = authorization('{rules: [{}]}', { name: 'allow' }) + authorization('{action: DENY, rules: [{}]}');
  const chain = chainsOf(manifests).find(({ name }) => name === '0.0.0.0_80');
  expect(namesOf(listAt(managerOf(chain), 'http_filters')).slice(0, 4)).toEqual([
    'istio.metadata_exchange',
    'envoy.filters.http.rbac',
    'envoy.filters.http.rbac',
    'envoy.filters.http.fault',
  ]);
  expect(httpRules(manifests).map((rules) => at(rules, 'action'))).toEqual(['DENY', undefined]);
});

test('allows nothing with a policy that has no rules', () => {
  expect(httpRules(authorization('{}'))).toEqual([{}]);
});

test.each([
  ['of its namespace', {}, '{rules: [{}]}', 1],
  ['of the root namespace', { namespace: 'istio-system' }, '{rules: [{}]}', 1],
  ['of another namespace', { namespace: 'other' }, '{rules: [{}]}', 0],
  ['for other labels', {}, '{selector: {matchLabels: {app: other}}, rules: [{}]}', 0],
])('follows a policy %s as often as it should', (_title, place, spec, count) => {
  expect(httpRules(authorization(spec, place))).toHaveLength(count);
});

test('guards gateways too', () => {
  const manifests = authorization('{action: DENY, rules: [{to: [{operation: {paths: [/admin*]}}]}]}', {
    namespace: 'istio-system',
  });
  expect(httpRules(manifests, createTestProxy(GATEWAY), '0.0.0.0_80')).toHaveLength(1);
});

test.each([
  ['ALLOW', undefined],
  ['DENY', [{ and_rules: { rules: [{ or_rules: { rules: [{ destination_port: 90 }] } }] } }]],
])('keeps of an HTTP rule to %s what bytes can tell', (action, permissions) => {
  const spec = `{action: ${action}, rules: [{to: [{operation: {ports: ["90"], methods: [GET]}}]}]}`;
  const chain = chainsOf(authorization(spec)).find(({ name }) => name === '0.0.0.0_90');
  const filter = listAt(chain, 'filters').find(({ name }) => name === 'envoy.filters.network.rbac');
  const rules = at(filter, 'typed_config', 'rules');
  expect(at(rules, 'policies', 'ns[default]-policy[policy]-rule[0]', 'permissions')).toEqual(permissions);
});

function chainCounts(manifests: string) {
  const chains = chainsOf(manifests);
  return ['0.0.0.0_80', '0.0.0.0_90'].map((name) => {
    const ofPort = chains.filter((chain) => chain['name'] === name);
    return `${ofPort.length} ${ofPort.filter((chain) => 'transport_socket' in chain).length}`;
  });
}

const PORT_90 = '{selector: {matchLabels: {app: httpbin}}, mtls: {mode: STRICT}, portLevelMtls: {90: {mode: DISABLE}}}';

test.each([
  ['nothing', '', ['2 1', '3 1']],
  ['the namespace', authentication('{mtls: {mode: STRICT}}'), ['1 1', '1 1']],
  ['the mesh', authentication('{mtls: {mode: STRICT}}', { namespace: 'istio-system' }), ['1 1', '1 1']],
  [
    'the namespace against the mesh',
    authentication('{mtls: {mode: STRICT}}', { namespace: 'istio-system' }) + authentication('{mtls: {mode: DISABLE}}'),
    ['1 0', '2 0'],
  ],
  ['the port against the workload', authentication(PORT_90), ['1 1', '2 0']],
  ['another workload', authentication('{selector: {matchLabels: {app: other}}, mtls: {mode: STRICT}}'), ['2 1', '3 1']],
])('has chains with and without mTLS as %s says', (_title, manifests, expected) => {
  expect(chainCounts(manifests)).toEqual(expected);
});

test('calls a workload in plain text that takes no mTLS', () => {
  const mesh = createTestMesh({ manifests: BASE + authentication('{mtls: {mode: DISABLE}}'), pods: [createTestPod()] });
  const [assignment] = mesh.generate(SIDECAR, ENDPOINT_TYPE, ['outbound|80||httpbin.default.svc.cluster.local']);
  expect(at(assignment, 'endpoints', 0, 'lb_endpoints', 0)).not.toHaveProperty('metadata');
});

test.each([
  [authorization('{action: AUDI}'), 'unknown value "AUDI"'],
  [authorization('{rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}'), 'is not supported'],
  [authorization('{rules: [{when: [{key: "request.auth.claims[iss]"}]}]}'), 'must be "request.headers[NAME]"'],
  [authentication('{portLevelMtls: {80: {mode: STRICT}}}'), 'needs a "selector"'],
  [
    authentication('{selector: {matchLabels: {app: a}}, portLevelMtls: {70000: {mode: STRICT}}}'),
    'field "70000" in "portLevelMtls" must be a port number',
  ],
  [
    authorization('{rules: [{from: [{source: {serviceAccounts: [a], namespaces: [b]}}]}]}'),
    'must not stand beside principals or namespaces',
  ],
  [policy('RequestAuthentication', '{}'), 'kind "RequestAuthentication" is not supported by this control plane'],
])('refuses %s', (manifests, message) => {
  expect(() => createTestMesh({ manifests })).toThrow(message);
});

test('asks about what is only audited first, and refuses nobody for it', () => {
  const filters = httpRules(
    authorization('{action: AUDIT, rules: [{}]}') +
      authorization('{action: DENY, rules: [{to: [{operation: {paths: [/x]}}]}]}', { name: 'deny' }),
  );
  expect(filters.map((rules) => at(rules, 'action'))).toEqual(['LOG', 'DENY']);
});

test('puts policies on trial beside those that count', () => {
  const onTrial = authorization('{action: DENY, rules: [{}]}').replace(
    'name: policy,',
    "name: policy, annotations: {istio.io/dry-run: 'true'},",
  );
  const [filter] = listAt(
    managerOf(chainsOf(onTrial).find((chain) => managerOf(chain) !== undefined)),
    'http_filters',
  ).filter(({ name }) => name === 'envoy.filters.http.rbac');
  const config = at(filter, 'typed_config');
  expect(at(config, 'rules')).toBeUndefined();
  expect(Object.keys(Object(at(config, 'shadow_rules', 'policies')))).toEqual(['ns[default]-policy[policy]-rule[0]']);
  expect(at(config, 'shadow_rules_stat_prefix')).toBe('istio_dry_run_deny_');
});

test('knows callers by service account and trust domain', () => {
  const principals = (source: string) =>
    listAt(onlyPolicyOf(`{rules: [{from: [{source: ${source}}]}]}`), 'principals', 0, 'and_ids', 'ids');
  const pattern = (regex: string) => [
    { or_ids: { ids: [{ authenticated: { principal_name: { safe_regex: { regex } } } }] } },
  ];
  expect(principals('{serviceAccounts: [sleep]}')).toEqual(pattern('spiffe://.+/ns/default/(.+/|)sa/sleep(/.+)?'));
  expect(principals('{serviceAccounts: [foo/a.b]}')).toEqual(
    pattern(String.raw`spiffe://.+/ns/foo/(.+/|)sa/a\.b(/.+)?`),
  );
  expect(principals('{trustDomains: ["*.local"]}')).toEqual(pattern(String.raw`spiffe://[^/]*\.local/.*`));
});

test('refuses to ask somebody else', () => {
  expect(() => chainsOf(authorization('{action: CUSTOM, provider: {name: opa}, rules: [{}]}'))).toThrow(
    'field "action" in "spec": CUSTOM is not supported by this control plane: it asks no extension provider',
  );
});
