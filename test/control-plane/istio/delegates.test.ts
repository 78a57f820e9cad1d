import { expect, test } from 'vitest';
import { ROUTE_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestProxy, GATEWAY, listAt, namesOf } from '../mesh.ts';

const GATEWAYS = `
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: {name: gateway}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
---
`;

function virtualService(name: string, spec: string, namespace = 'default'): string {
  return `
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
---
`;
}

const root = (route: string): string =>
  virtualService('root', `{hosts: [web.example.com], gateways: [gateway], http: [${route}]}`);

function routesOf(manifests: string) {
  const [table] = createTestMesh({ manifests: GATEWAYS + manifests }).generate(createTestProxy(GATEWAY), ROUTE_TYPE, [
    'http.80',
  ]);
  return listAt(table, 'virtual_hosts', 0, 'routes');
}

const TO_A = 'route: [{destination: {host: a, port: {number: 80}}}]';

test('puts the routes of a delegate in place, with the names of its own namespace', () => {
  const delegate = virtualService('d', `{http: [{name: first, ${TO_A}}]}`, 'team');
  const routes = routesOf(
    root(`{match: [{uri: {prefix: /a}}], delegate: {name: d, namespace: team}}, {name: last, ${TO_A}}`) + delegate,
  );
  expect(routes).toMatchObject([
    { name: 'first', match: { prefix: '/a' }, route: { cluster: 'outbound|80||a.team.svc.cluster.local' } },
    { name: 'last', route: { cluster: 'outbound|80||a.default.svc.cluster.local' } },
  ]);
  expect(at(routes[0], 'metadata', 'filter_metadata', 'istio', 'config')).toContain('/default/virtual-service/root');
});

test('lets a delegate inherit what it does not say itself', () => {
  const settings = 'timeout: 5s, headers: {request: {set: {x: root}}}, rewrite: {uri: /root}';
  const delegate = virtualService('d', `{http: [{name: own, timeout: 1s, ${TO_A}}]}`);
  expect(routesOf(root(`{name: root, ${settings}, delegate: {name: d}}`) + delegate)).toMatchObject([
    {
      name: 'root-own',
      route: { timeout: '1s', prefix_rewrite: '/root' },
      request_headers_to_add: [{ header: { key: 'x', value: 'root' } }],
    },
  ]);
});

test.each([
  ['{uri: {prefix: /a}}', '{uri: {prefix: /a/b}}', { prefix: '/a/b' }],
  ['{uri: {prefix: /a}}', '{uri: {exact: /a/b}}', { path: '/a/b' }],
  ['{uri: {prefix: /a}}', '{headers: {h: {exact: v}}}', { prefix: '/a', headers: [{ name: 'h' }] }],
  ['{uri: {exact: /a}}', '{uri: {exact: /a}}', { path: '/a' }],
  ['{headers: {h: {}}}', '{uri: {regex: "/a.*"}}', { safe_regex: { regex: '/a.*' }, headers: [{ name: 'h' }] }],
])('narrows the condition %s by %s', (wide, narrow, expected) => {
  const delegate = virtualService('d', `{http: [{match: [${narrow}], ${TO_A}}]}`);
  expect(routesOf(root(`{match: [${wide}], delegate: {name: d}}`) + delegate)).toMatchObject([{ match: expected }]);
});

test.each([
  ['{uri: {prefix: /a}}', '{uri: {prefix: /b}}'],
  ['{uri: {exact: /a}}', '{uri: {prefix: /a}}'],
  ['{uri: {prefix: /a}}', '{uri: {regex: "/a.*"}}'],
  ['{headers: {h: {exact: v}}}', '{headers: {h: {exact: w}}}'],
  ['{port: 80}', '{port: 81}'],
  ['{uri: {prefix: /a}}', '{uri: {prefix: /a}, ignoreUriCase: true}'],
  ['{sourceLabels: {app: a}}', '{sourceLabels: {app: b}}'],
  ['{gateways: [gateway]}', '{gateways: [gateway, mesh]}'],
])('leaves out a route whose condition is not part of the root: %s against %s', (wide, narrow) => {
  const delegate = virtualService('d', `{http: [{name: own, match: [${narrow}], ${TO_A}}]}`);
  const other = `{name: other, ${TO_A}}`;
  expect(namesOf(routesOf(root(`{match: [${wide}], delegate: {name: d}}, ${other}`) + delegate))).toEqual(['other']);
});

test.each([
  ['is not there', ''],
  ['is not exported', virtualService('d', `{exportTo: ["."], http: [{name: own, ${TO_A}}]}`, 'team')],
  ['has hosts', virtualService('d', `{hosts: [d.example.com], http: [{name: own, ${TO_A}}]}`, 'team')],
])('leaves out a route whose delegate %s', (_fact, delegate) => {
  const other = `{name: other, ${TO_A}}`;
  expect(namesOf(routesOf(root(`{delegate: {name: d, namespace: team}}, ${other}`) + delegate))).toEqual(['other']);
});

test.each([
  [`{gateways: [gateway], http: [{${TO_A}}]}`, 'field "hosts" in "spec": must name at least one host'],
  ['{tcp: []}', 'must name at least one host'],
  ['{http: [{delegate: {name: b}}]}', 'field "delegate" in "http": must not stand in a VirtualService without hosts'],
])('refuses %s', (spec, message) => {
  expect(() => routesOf(virtualService('a', spec))).toThrow(message);
});
