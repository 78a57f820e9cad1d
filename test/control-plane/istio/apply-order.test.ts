import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { createTestMesh, createTestPod, createTestProxy, GATEWAY } from '../mesh.ts';

const SEPARATOR = /^---$/m;
const DOCUMENTS = [
  ...readFileSync(new URL('../fixtures/lambda-sidecar.yaml', import.meta.url), 'utf8').split(SEPARATOR),
  ...['a', 'b', 'c'].map(
    (name) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: httpbin}, ports: [{name: http, port: 8000, targetPort: 80}, {port: 9000}]}
`,
  ),
  ...['one', 'two'].map(
    (name) => `
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: ${name}}
spec:
  hosts: [httpbin, '*.example.com']
  gateways: [mesh, gateway]
  http: [{name: ${name}, match: [{uri: {prefix: /${name}}}], route: [{destination: {host: a}}]}]
`,
  ),
];

const SIDECAR = createTestProxy();
const ROUTER = createTestProxy(GATEWAY);

function generateAll(documents: readonly string[]): unknown {
  const mesh = createTestMesh({ manifests: documents.join('\n---\n'), pods: [createTestPod()] });
  return [
    mesh.generate(SIDECAR, CLUSTER_TYPE),
    mesh.generate(SIDECAR, LISTENER_TYPE),
    mesh.generate(SIDECAR, ROUTE_TYPE, ['80', '8000', 'a.default.svc.cluster.local:9000']),
    mesh.generate(SIDECAR, ENDPOINT_TYPE, ['outbound|8000||a.default.svc.cluster.local']),
    mesh.generate(ROUTER, CLUSTER_TYPE),
    mesh.generate(ROUTER, LISTENER_TYPE),
    mesh.generate(ROUTER, ROUTE_TYPE, ['http.8080']),
  ];
}

test('generates the same resources in whatever order documents are applied', () => {
  const expected = generateAll(DOCUMENTS);
  fc.assert(
    fc.property(fc.shuffledSubarray(DOCUMENTS, { minLength: DOCUMENTS.length }), (documents) => {
      expect(generateAll(documents)).toEqual(expected);
    }),
    { numRuns: 20 },
  );
});
