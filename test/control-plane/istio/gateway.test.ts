import { expect, test } from 'vitest';
import { LISTENER_TYPE, ROUTE_TYPE, SECRET_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestProxy, GATEWAY, listAt, managerOf, namesOf } from '../mesh.ts';

const PROXY = createTestProxy(GATEWAY);

function gateway(servers: string, name = 'gateway'): string {
  return `
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: {name: ${name}, namespace: istio-system}
spec:
  selector: {istio: ingressgateway}
  servers:
${servers.replace(/^/gm, '    ')}
---
`;
}

const HTTP = `- port: {number: 80, name: http, protocol: HTTP}
  hosts: ['*']`;

function https(name: string, hosts: string, tls: string): string {
  return `- port: {number: 443, name: ${name}, protocol: HTTPS}
  hosts: ${hosts}
  tls: ${tls}`;
}

const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec:
  selector: {istio: ingressgateway}
  ports: [{name: http2, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}]
---
`;

function listenersOf(manifests: string) {
  return createTestMesh({ manifests }).generate(PROXY, LISTENER_TYPE);
}

test('listens on the target ports of the Service that leads to the pod', () => {
  const servers = `${HTTP}\n${https('https', '[a.example.com]', '{credentialName: a}')}`;
  expect(namesOf(listenersOf(SERVICE + gateway(servers)))).toEqual(['0.0.0.0_8080', '0.0.0.0_8443']);
  expect(namesOf(listenersOf(gateway(HTTP)))).toEqual(['0.0.0.0_80']);
});

test('has no listener without a Gateway that selects it', () => {
  expect(listenersOf(SERVICE)).toEqual([]);
  expect(listenersOf(gateway(HTTP).replace('ingressgateway', 'other'))).toEqual([]);
});

test('has one chain per TLS server, chosen by SNI, with a route table of its own', () => {
  const servers = `${https('https-a', '[a.example.com, default/b.example.com]', '{mode: MUTUAL, credentialName: mine}')}
${https('https-c', '["*"]', '{credentialName: other}')}`;
  const [listener] = listenersOf(SERVICE + gateway(servers));
  const chains = listAt(listener, 'filter_chains');
  expect(chains.map(({ filter_chain_match: match }) => match)).toEqual([
    { server_names: ['a.example.com', 'b.example.com'] },
    undefined,
  ]);
  expect(chains.map((chain) => at(managerOf(chain), 'rds', 'route_config_name'))).toEqual([
    'https.443.https-a.gateway.istio-system',
    'https.443.https-c.gateway.istio-system',
  ]);
  expect(at(chains[0], 'transport_socket', 'typed_config')).toMatchObject({
    require_client_certificate: true,
    common_tls_context: {
      alpn_protocols: ['h2', 'http/1.1'],
      tls_certificate_sds_secret_configs: [{ name: 'kubernetes://mine', sds_config: { ads: {} } }],
      combined_validation_context: { validation_context_sds_secret_config: { name: 'kubernetes://mine-cacert' } },
    },
  });
  expect(namesOf(listAt(listener, 'listener_filters'))).toEqual(['envoy.filters.listener.tls_inspector']);
});

test('leaves out a server that conflicts with an earlier one', () => {
  const plainOnTls = `- port: {number: 443, name: plain, protocol: HTTP}\n  hosts: ['*']`;
  const manifests =
    gateway(https('https', '[a.example.com]', '{credentialName: a}'), 'a') +
    gateway(`${https('again', '[a.example.com]', '{credentialName: b}')}\n${plainOnTls}`, 'b');
  const [listener, ...others] = listenersOf(manifests);
  expect(others).toEqual([]);
  expect(listAt(listener, 'filter_chains')).toHaveLength(1);
});

test('redirects to HTTPS, also hosts that have no routes', () => {
  const servers = `- port: {number: 80, name: http, protocol: HTTP}
  hosts: [a.example.com]
  tls: {httpsRedirect: true}`;
  const [table] = createTestMesh({ manifests: gateway(servers) }).generate(PROXY, ROUTE_TYPE, ['http.80']);
  expect(listAt(table, 'virtual_hosts')).toMatchObject([
    { name: 'a.example.com:80', domains: ['a.example.com'], require_tls: 'ALL' },
  ]);
});

test('gives an empty table for a name that no server has', () => {
  const [table] = createTestMesh({ manifests: gateway(HTTP) }).generate(PROXY, ROUTE_TYPE, ['http.1']);
  expect(table).toEqual({ '@type': ROUTE_TYPE, name: 'http.1', validate_clusters: false });
});

function secret(name: string, data: string, namespace = 'istio-system'): string {
  return `
apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: ${namespace}}
stringData: ${data}
---
`;
}

const bytes = (text: string) => ({ inline_bytes: Buffer.from(text).toString('base64') });

function answerFor(asked: string, manifests: string) {
  return createTestMesh({ manifests }).generate(PROXY, SECRET_TYPE, [`kubernetes://${asked}`]);
}

test.each([
  ['a certificate by key and cert', secret('a', '{cert: C, key: K, cacert: R}')],
  ['a certificate by tls.key and tls.crt', secret('a', '{tls.crt: C, tls.key: K}')],
])('answers %s', (_title, manifests) => {
  expect(answerFor('a', manifests)).toMatchObject([
    { name: 'kubernetes://a', tls_certificate: { certificate_chain: bytes('C'), private_key: bytes('K') } },
  ]);
});

test.each([
  ['an authority from the Secret with the key', secret('a', '{cert: C, key: K, cacert: R}')],
  ['first the authority with a Secret of its own', secret('a', '{cacert: old}') + secret('a-cacert', '{ca.crt: R}')],
])('answers %s', (_title, manifests) => {
  expect(answerFor('a-cacert', manifests)).toMatchObject([
    { name: 'kubernetes://a-cacert', validation_context: { trusted_ca: bytes('R') } },
  ]);
});

test.each([
  ['{cacert: R, crl: L}', bytes('L')],
  ['{ca.crt: R, ca.crl: L}', bytes('L')],
  ['{ca.crt: R, crl: L}', undefined],
])('answers an authority with what it took back: %s', (data, crl) => {
  const [answer] = answerFor('a-cacert', secret('a', data));
  expect(at(answer, 'validation_context', 'crl')).toEqual(crl);
});

test.each([
  ['a', '', 'failed to fetch key and certificate for kubernetes://a: secret istio-system/a not found'],
  [
    'a',
    secret('a', '{cert: C, key: K}', 'default'),
    'failed to fetch key and certificate for kubernetes://a: secret istio-system/a not found',
  ],
  [
    'a',
    secret('a', '{certificate: C, e: E, d: D, f: F}'),
    "failed to fetch key and certificate for kubernetes://a: found secret, but didn't have expected keys " +
      '(cert and key) or (tls.crt and tls.key); found: certificate, d, e, and 1 more...',
  ],
  [
    'a',
    secret('a', '{cert: C, key: ""}'),
    'failed to fetch key and certificate for kubernetes://a: found keys "cert" and "key", but they were empty',
  ],
  [
    'a-cacert',
    secret('a', '{cert: C, key: K}'),
    "failed to fetch ca certificate for kubernetes://a-cacert: found secret, but didn't have expected keys " +
      'cacert or ca.crt; found: cert, key',
  ],
  [
    'a-cacert',
    secret('a', '{cacert: A}') + secret('a-cacert', '{cert: C}'),
    "failed to fetch ca certificate for kubernetes://a-cacert: found secret, but didn't have expected keys " +
      'cacert or ca.crt; found: cert',
  ],
])('sends nothing for %s of %j, and says why', (asked, manifests, reason) => {
  const mesh = createTestMesh({ manifests });
  expect(mesh.generate(PROXY, SECRET_TYPE, [`kubernetes://${asked}`])).toEqual([]);
  expect(mesh.missingSecrets).toEqual([reason]);
});

test('listens at the address that a server names, apart from others of its port', () => {
  const bound = '- {port: {number: 80, name: http, protocol: HTTP}, bind: 10.42.0.9, hosts: [a.example.com]}';
  const listeners = createTestMesh({ manifests: gateway(`${bound}\n${HTTP}`) }).generate(PROXY, LISTENER_TYPE);
  expect(namesOf(listeners)).toEqual(['10.42.0.9_80', '0.0.0.0_80']);
  expect(at(listeners[0], 'address', 'socket_address', 'address')).toBe('10.42.0.9');
  const manager = managerOf(listAt(listeners[0], 'filter_chains')[0]);
  expect(at(manager, 'rds', 'route_config_name')).toBe('http.80.10.42.0.9');
});

test('shows one of several certificates', () => {
  const server = https('https', '["*"]', '{mode: MUTUAL, credentialNames: [rsa, ecdsa]}');
  const [listener] = createTestMesh({ manifests: gateway(server) }).generate(PROXY, LISTENER_TYPE);
  const tls = at(listAt(listener, 'filter_chains')[0], 'transport_socket', 'typed_config', 'common_tls_context');
  expect(listAt(tls, 'tls_certificate_sds_secret_configs').map(({ name }) => name)).toEqual([
    'kubernetes://rsa',
    'kubernetes://ecdsa',
  ]);
  expect(at(tls, 'combined_validation_context', 'validation_context_sds_secret_config', 'name')).toBe(
    'kubernetes://rsa-cacert',
  );
});
