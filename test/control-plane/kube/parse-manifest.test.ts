import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MeshrigError } from '#core/errors.ts';
import { ManifestError } from '#control-plane/kube/manifest-problem.ts';
import { parseManifests } from '#control-plane/kube/parse-manifest.ts';

function parse(text: string) {
  return parseManifests([{ file: 'mesh.yaml', text }]).map(({ manifest }) => manifest);
}

function mistakesIn(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ManifestError) return `\n${error.message}\n`;
    throw error;
  }
  return 'no mistakes';
}

test('reads documents between separators, comments and empty ones', () => {
  const manifests = parse(`---
# first
apiVersion: v1
kind: Namespace
metadata: {name: one}
---
# nothing here
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: two, namespace: one, creationTimestamp: null}
`);
  expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'Namespace one',
    'ServiceAccount two',
  ]);
});

test('opens lists', () => {
  const manifests = parse(`
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Namespace, metadata: {name: one}}
  - {apiVersion: v1, kind: Namespace, metadata: {name: two}}
`);
  expect(manifests.map(({ metadata }) => metadata.name)).toEqual(['one', 'two']);
});

test('puts every object into the namespace that its source is for', () => {
  const text = '{apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: other}}';
  const [parsed] = parseManifests([{ file: 'mesh.yaml', text, namespace: 'mine' }]);
  expect(parsed?.manifest.metadata.namespace).toBe('mine');
});

test('accepts an ordinary workload with what Kubernetes lets it say', () => {
  const text = readFileSync(new URL('../fixtures/ordinary-workload.yaml', import.meta.url), 'utf8');
  expect(parse(text).map(({ kind }) => kind)).toEqual([
    'ServiceAccount',
    'Service',
    'Deployment',
    'Secret',
    'ConfigMap',
  ]);
});

test('names an unknown field with the nearest known one', () => {
  expect(
    mistakesIn(`
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata:
  name: cat
spec:
  hosts: [httpbin]
  http:
    - route:
        - destination: {host: httpbin}
      retries:
        attempts: 3
        perTryTimout: 10s
`),
  ).toBe(`
mesh.yaml:13:9  unknown field "perTryTimout" in "retries"
  12 |         attempts: 3
  13 |         perTryTimout: 10s
     |         ^^^^^^^^^^^^ did you mean "perTryTimeout"?
`);
});

test('reports every mistake of every document, in the order of lines', () => {
  expect(
    mistakesIn(`apiVersion: v1
kind: Service
metadata: {name: httpbin}
spec:
  ports:
    - prot: http
      protocol: TPC
---
apiVersion: v1
kind: Servce
metadata: {name: other}
---
apiVersion: apps/v1beta1
kind: Deployment
`),
  ).toBe(`
mesh.yaml:6:7  missing field "port" in "ports"
  5 |   ports:
  6 |     - prot: http
    |       ^^^^^^^^^^
mesh.yaml:6:7  unknown field "prot" in "ports"
  5 |   ports:
  6 |     - prot: http
    |       ^^^^ did you mean "port"?
mesh.yaml:7:17  unknown value "TPC" of field "protocol" in "ports"
  6 |     - prot: http
  7 |       protocol: TPC
    |                 ^^^ did you mean "TCP"?
mesh.yaml:10:7  unknown kind "Servce" in "v1"
   9 | apiVersion: v1
  10 | kind: Servce
     |       ^^^^^^ did you mean "Service"?
mesh.yaml:13:13  unknown apiVersion "apps/v1beta1" of kind "Deployment"
  13 | apiVersion: apps/v1beta1
     |             ^^^^^^^^^^^^ known: apps/v1
`);
});

test('says what type a value should have', () => {
  expect(
    mistakesIn(`
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: cat}
spec:
  hosts: [httpbin]
  http:
    - route: [{destination: {host: httpbin}}]
      timeout: 10
      retries: {attempts: three}
`),
  ).toBe(`
mesh.yaml:9:16  field "timeout" in "http" must be a string, got 10
  8 |     - route: [{destination: {host: httpbin}}]
  9 |       timeout: 10
    |                ^^
mesh.yaml:10:27  field "attempts" in "retries" must be a number, got "three"
   9 |       timeout: 10
  10 |       retries: {attempts: three}
     |                           ^^^^^
`);
});

test('refuses by name what Istio has and this control plane does not', () => {
  expect(
    mistakesIn(`
apiVersion: networking.istio.io/v1beta1
kind: Sidecar
metadata: {name: cat}
spec:
  egress: []
  inboundConnectionPool: {}
`),
  ).toBe(`
mesh.yaml:7:3  field "inboundConnectionPool" in "spec" is not supported by this control plane
  6 |   egress: []
  7 |   inboundConnectionPool: {}
    |   ^^^^^^^^^^^^^^^^^^^^^
`);
});

test('never shows the values of a Secret', () => {
  const text = mistakesIn(`
apiVersion: v1
kind: Secret
metadata:
  name: aws
stringData:
  AWS_SECRET_ACCESS_KEY: hunter2
  more: [hunter3]
typo: hunter4
`);
  expect(text).toBe(`
mesh.yaml:8:9  field "more" in "stringData" must be a string, got a list
  7 |   AWS_SECRET_ACCESS_KEY: (hidden)
  8 |   more: (hidden)
    |         ^^^^^^^^^
mesh.yaml:9:1  unknown field "typo" in "Secret"
  8 |   more: (hidden)
  9 | typo: (hidden)
    | ^^^^ did you mean "type"?
`);
});

test('reports the first thing that is not YAML', () => {
  expect(mistakesIn('a: b\n  c: d\n- e')).toBe(`
mesh.yaml:1:4  not valid YAML: nested mappings are not allowed in compact mappings
  1 | a: b
    |    ^
`);
});

test('needs a TLS certificate for an HTTPS server', () => {
  expect(
    mistakesIn(`
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: {name: gateway}
spec:
  selector: {istio: ingressgateway}
  servers:
    - port: {number: 443, name: https, protocol: HTTPS}
      hosts: [httpbin]
      tls: {mode: MUTUAL}
`),
  ).toBe(`
mesh.yaml:10:12  field "tls" in "servers": names no certificate: mode MUTUAL needs "credentialName"
   9 |       hosts: [httpbin]
  10 |       tls: {mode: MUTUAL}
     |            ^^^^^^^^^^^^^^
`);
});

test('carries code and place for programs', () => {
  const attempt = () => parse('kind: Pod\napiVersion: v1');
  expect(attempt).toThrow(MeshrigError);
  expect(attempt).toThrow(
    expect.objectContaining({
      code: 'INVALID_MANIFEST',
      location: expect.objectContaining({ file: 'mesh.yaml', line: 1, column: 7 }),
    }),
  );
});

test.each(['', '---', 'null', '\t', '# only a comment'])('takes %j as nothing', (text) => {
  expect(parse(text)).toEqual([]);
});

test.each([
  '- 1',
  '"text"',
  '{',
  'kind: []',
  'kind: Service\napiVersion: {}',
  '&a [*a]',
  'kind: Service\nkind: Service',
])('refuses %j with a place', (text) => {
  expect(mistakesIn(text)).toMatch(/^\nmesh\.yaml:\d+:\d+ {2}\S/);
});
