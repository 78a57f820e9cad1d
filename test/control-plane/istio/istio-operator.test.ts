import { expect, test } from 'vitest';
import { applyManifests } from '#control-plane/istio/installation/apply-manifests.ts';
import { readMeshSettings } from '#control-plane/istio/installation/mesh-settings.ts';
import { checkNamespaces } from '#control-plane/kube/check-namespaces.ts';
import { createObjectStore } from '#control-plane/kube/object-store.ts';
import { parseManifests } from '#control-plane/kube/parse-manifest.ts';

const BASE = { istioVersion: '1.17.2', rootNamespace: 'istio-system', outboundTrafficPolicy: 'ALLOW_ANY' } as const;

function operator(spec: string, name = 'installed') {
  return parseManifests([
    {
      file: 'operator.yaml',
      text: `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ${name}, namespace: istio-system}
spec: ${spec}
`,
    },
  ]);
}

function setUp() {
  const store = createObjectStore({ now: () => 0 });
  const apply = (spec: string, revision?: string) =>
    applyManifests(
      operator(spec).map(({ manifest }) => manifest),
      store,
      revision,
    );
  const installed = () =>
    (['Service', 'Deployment'] as const).flatMap((kind) =>
      store.list(kind).map(({ metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
    );
  return { store, apply, installed };
}

test.each([
  [
    '{}',
    [
      'Service istio-system/istio-ingressgateway',
      'Service istio-system/istiod',
      'Deployment istio-system/istio-ingressgateway',
    ],
  ],
  ['{profile: minimal}', ['Service istio-system/istiod']],
  ['{profile: empty}', []],
  [
    '{profile: default, components: {ingressGateways: [{name: istio-ingressgateway, enabled: false}]}}',
    ['Service istio-system/istiod'],
  ],
  ['{profile: minimal, components: {egressGateways: [{name: egress}]}}', ['Service istio-system/istiod']],
  ['{profile: empty, components: {pilot: {enabled: true}}, revision: canary}', ['Service istio-system/istiod-canary']],
])('installs what %s stands for', (spec, expected) => {
  const { apply, installed } = setUp();
  apply(spec);
  expect(installed()).toEqual(expected);
});

test('removes what a changed IstioOperator no longer installs', () => {
  const { apply, installed } = setUp();
  apply('{profile: empty, components: {egressGateways: [{name: a, enabled: true}, {name: b, enabled: true}]}}');
  const { applied, deleted } = apply('{profile: empty, components: {egressGateways: [{name: b, enabled: true}]}}');
  expect(deleted.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'Deployment a',
    'Service a',
    'ServiceAccount a-service-account',
  ]);
  expect(applied.map(({ action }) => action)).toEqual(['configured', 'unchanged', 'unchanged', 'unchanged']);
  expect(installed()).toEqual(['Service istio-system/b', 'Deployment istio-system/b']);
});

test('gives gateways the labels, ports and replicas that their component sets', () => {
  const { apply, store } = setUp();
  const k8s = '{replicaCount: 2, service: {type: NodePort, ports: [{port: 9080, targetPort: 8080, name: http}]}}';
  apply(
    `{profile: empty, components: {ingressGateways: [{name: edge, enabled: true, label: {istio: edge}, k8s: ${k8s}}]}}`,
  );
  expect(store.get('Deployment', 'edge', 'istio-system')?.spec).toMatchObject({
    replicas: 2,
    selector: { matchLabels: { app: 'istio-ingressgateway', istio: 'edge' } },
  });
  expect(store.get('Service', 'edge', 'istio-system')?.spec).toMatchObject({
    type: 'NodePort',
    ports: [{ port: 9080, targetPort: 8080 }],
  });
});

test('reads the switches of istiod and of the mesh, not those of an operator without istiod', () => {
  const { apply, store } = setUp();
  apply(`{
    profile: minimal,
    components: {pilot: {k8s: {env: [{name: PILOT_FILTER_GATEWAY_CLUSTER_CONFIG, value: "true"}]}}},
    meshConfig: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}, defaultConfig: {proxyMetadata: {A: b}}},
  }`);
  const other = operator('{profile: empty, meshConfig: {defaultConfig: {proxyMetadata: {A: c}}}}', 'gateways');
  for (const { manifest } of other) store.apply(manifest);
  expect(readMeshSettings(BASE, store.list('IstioOperator'))).toEqual({
    ...BASE,
    outboundTrafficPolicy: 'REGISTRY_ONLY',
    features: { filtersGatewayClusters: true, verifiesCertificates: false, setsSni: false },
    proxyMetadata: { A: 'b' },
    accessLog: { file: '', encoding: 'TEXT', format: '' },
    defaultRetries: undefined,
    pathNormalization: 'BASE',
    gatewayTopology: {},
    connectTimeoutMs: 10_000,
  });
});

test('takes a document without a name', () => {
  const text = 'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {profile: demo}\n';
  const [parsed] = parseManifests([{ file: 'operator.yaml', text }]);
  expect(parsed?.manifest.metadata.name).toBe('installed-state');
});

test('takes the revision of the installation where the operator names none', () => {
  const { apply, store } = setUp();
  apply('{profile: minimal}', '1-17');
  expect(store.get('IstioOperator', 'installed', 'istio-system')?.spec.revision).toBe('1-17');
});

test('refuses a gateway in a namespace that does not exist, with its place', () => {
  const store = createObjectStore({ now: () => 0 });
  for (const name of ['istio-system', 'istio-ingress']) {
    store.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  const parsed = operator('{components: {ingressGateways: [{name: a, namespace: istio-ingres, enabled: true}]}}');
  expect(() => checkNamespaces(parsed, store)).toThrow(
    /operator.yaml:4:\d+ {2}namespace "istio-ingres" does not exist/,
  );
});

test.each([
  ['{profile: preview}', 'unknown value "preview" of field "profile"'],
  ['{values: {}}', 'is not supported'],
  ['{components: {pilots: {}}}', 'unknown field "pilots" in "components"'],
])('refuses %s', (spec, message) => {
  expect(() => operator(spec)).toThrow(message);
});
