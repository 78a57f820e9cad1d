import { expect, test } from 'vitest';
import { planInjection } from '#control-plane/istio/installation/injection.ts';
import { parseProxy } from '#control-plane/istio/proxy.ts';
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE, SECRET_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestNode, createTestPod, listAt, managerOf, namesOf } from '../mesh.ts';
import { readSeed002 } from '../seed-002.ts';

const VARIABLES = { HOST_GW_CLUSTER2: 'gateway.eks.example.com' };
const SECRET = `
---
apiVersion: v1
kind: Secret
metadata: {name: mtls-credential, namespace: istio-ingress}
stringData: {key: K, cert: C, cacert: A}
`;

const INGRESS = gatewayNode('istio-ingressgateway', 'ingressgateway', 'istio-ingress');
const EGRESS = gatewayNode('istio-egressgateway', 'egressgateway', 'istio-egress');
const SLEEP = parseProxy(
  createTestNode({ name: 'sleep-1', namespace: 'sleep', ip: '10.42.0.8', labels: { app: 'sleep', version: 'v1' } }),
);

function gatewayNode(app: string, istio: string, namespace: string) {
  const labels = { app, istio, 'istio.io/rev': '1-17' };
  return parseProxy(createTestNode({ type: 'router', name: `${app}-1`, namespace, ip: '10.42.0.9', labels }));
}

function setUpEks() {
  const files = ['istiod', 'istiod-service', 'gateway', 'load-balancer', 'lambda'];
  return createTestMesh({ manifests: readSeed002('eks', files) + SECRET, revision: '1-17' });
}

function setUpGke() {
  const files = ['istiod', 'istiod-service', 'gateway', 'sleep', 'lambda-host', 'lambda'];
  return createTestMesh({
    manifests: readSeed002('gke', files, VARIABLES),
    revision: '1-17',
    pods: [
      createTestPod({
        name: 'istio-egressgateway-1',
        namespace: 'istio-egress',
        ip: '10.42.0.9',
        labels: EGRESS.labels,
        serviceAccount: 'istio-egressgateway-service-account',
      }),
    ],
  });
}

test('installs the gateways that the IstioOperators enable', () => {
  const { store } = setUpEks();
  const names = (['Service', 'Deployment', 'ServiceAccount'] as const).map((kind) =>
    store.list(kind).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  );
  expect(names).toEqual([
    ['istio-ingress/istio-ingressgateway', 'istio-system/istiod', 'istio-system/istiod-1-17'],
    ['istio-ingress/istio-ingressgateway'],
    ['istio-ingress/istio-ingressgateway-service-account'],
  ]);
  expect(store.get('Deployment', 'istio-ingressgateway', 'istio-ingress')?.spec.template.metadata).toEqual({
    labels: {
      app: 'istio-ingressgateway',
      istio: 'ingressgateway',
      'istio.io/rev': '1-17',
      'sidecar.istio.io/inject': 'true',
    },
    annotations: { 'inject.istio.io/templates': 'gateway' },
  });
});

test('injects the workload by its revision, with the environment of the mesh', () => {
  const { store } = setUpGke();
  const deployment = store.get('Deployment', 'sleep', 'sleep');
  expect(deployment && planInjection(deployment, store)).toMatchObject({
    proxyType: 'sidecar',
    container: {
      env: [
        { name: 'ISTIO_META_DNS_CAPTURE', value: 'true' },
        { name: 'ISTIO_META_DNS_AUTO_ALLOCATE', value: 'true' },
      ],
    },
  });
});

test('gives the ingress gateway one TLS listener, one route table, and only the load balancer as cluster', () => {
  const mesh = setUpEks();
  const [listener, ...others] = mesh.generate(INGRESS, LISTENER_TYPE);
  expect(others).toEqual([]);
  const chain = at(listener, 'filter_chains', 0);
  expect(listener?.['name']).toBe('0.0.0.0_8443');
  expect(at(managerOf(chain), 'rds', 'route_config_name')).toBe('https.443.https.eastwestgateway.istio-ingress');
  expect(at(chain, 'transport_socket', 'typed_config')).toMatchObject({
    require_client_certificate: true,
    common_tls_context: {
      tls_certificate_sds_secret_configs: [{ name: 'kubernetes://mtls-credential' }],
      combined_validation_context: {
        validation_context_sds_secret_config: { name: 'kubernetes://mtls-credential-cacert' },
      },
    },
  });
  const clusters = mesh.generate(INGRESS, CLUSTER_TYPE);
  expect(namesOf(clusters)).toEqual(['outbound|443||alb.jesus2.solo.io', 'BlackHoleCluster']);
  expect(clusters[0]).toMatchObject({
    type: 'STRICT_DNS',
    transport_socket: {
      typed_config: {
        common_tls_context: {
          combined_validation_context: { validation_context_sds_secret_config: { name: 'file-root:system' } },
        },
      },
    },
  });
});

test('answers both halves of the credential', () => {
  const names = ['kubernetes://mtls-credential', 'kubernetes://mtls-credential-cacert'];
  expect(namesOf(setUpEks().generate(INGRESS, SECRET_TYPE, names))).toEqual(names);
});

test('gives the egress gateway the external host, on its own port and with mTLS', () => {
  const mesh = setUpGke();
  expect(namesOf(mesh.generate(EGRESS, LISTENER_TYPE))).toEqual(['0.0.0.0_8080']);
  const clusters = mesh.generate(EGRESS, CLUSTER_TYPE);
  expect(namesOf(clusters)).toEqual([
    'outbound|80||istio-egressgateway.istio-egress.svc.cluster.local',
    'outbound|80|lambda|istio-egressgateway.istio-egress.svc.cluster.local',
    'outbound|443||istio-egressgateway.istio-egress.svc.cluster.local',
    'outbound|443|lambda|istio-egressgateway.istio-egress.svc.cluster.local',
    'outbound|80||lambda.external',
    'BlackHoleCluster',
  ]);
  const external = clusters[4];
  expect(at(external, 'load_assignment', 'endpoints', 0, 'lb_endpoints', 0, 'endpoint', 'address')).toEqual({
    socket_address: { address: 'gateway.eks.example.com', port_value: 443 },
  });
  expect(at(external, 'transport_socket', 'typed_config')).toMatchObject({
    sni: 'lambda.external',
    common_tls_context: { tls_certificate_sds_secret_configs: [{ name: 'kubernetes://mtls-credential' }] },
  });
});

test('sends the workload to the egress gateway, under the name and the address of the host', () => {
  const mesh = setUpGke();
  const [table] = mesh.generate(SLEEP, ROUTE_TYPE, ['80']);
  const host = listAt(table, 'virtual_hosts').find(({ name }) => name === 'lambda.external:80');
  expect(host).toMatchObject({
    domains: ['lambda.external', expect.stringMatching(/^240\.240\./)],
    routes: [{ route: { cluster: 'outbound|80|lambda|istio-egressgateway.istio-egress.svc.cluster.local' } }],
  });
  expect(namesOf(mesh.generate(SLEEP, LISTENER_TYPE))).toContain('0.0.0.0_80');
  const [assignment] = mesh.generate(SLEEP, ENDPOINT_TYPE, [
    'outbound|80|lambda|istio-egressgateway.istio-egress.svc.cluster.local',
  ]);
  expect(at(assignment, 'endpoints', 0, 'lb_endpoints', 0, 'endpoint', 'address')).toEqual({
    socket_address: { address: '10.42.0.9', port_value: 8080 },
  });
});

test('routes of the egress gateway lead out', () => {
  const [table] = setUpGke().generate(EGRESS, ROUTE_TYPE, ['http.8080']);
  expect(listAt(table, 'virtual_hosts')).toMatchObject([
    {
      name: 'lambda.external:80',
      domains: ['lambda.external'],
      routes: [{ route: { cluster: 'outbound|80||lambda.external' } }],
    },
  ]);
});

const EKS = { setUp: setUpEks, proxy: INGRESS };
const GKE = { setUp: setUpGke, proxy: EGRESS };
const WORKLOAD = { setUp: setUpGke, proxy: SLEEP };

test.each([
  ['clusters of the EKS ingress gateway', EKS, CLUSTER_TYPE, []],
  ['listeners of the EKS ingress gateway', EKS, LISTENER_TYPE, []],
  ['routes of the EKS ingress gateway', EKS, ROUTE_TYPE, ['https.443.https.eastwestgateway.istio-ingress']],
  ['clusters of the GKE egress gateway', GKE, CLUSTER_TYPE, []],
  ['listeners of the GKE egress gateway', GKE, LISTENER_TYPE, []],
  ['routes of the GKE egress gateway', GKE, ROUTE_TYPE, ['http.8080']],
  ['routes of the GKE workload', WORKLOAD, ROUTE_TYPE, ['80']],
] as const)('generates the %s as recorded', async (title, { setUp, proxy }, typeUrl, names) => {
  const file = `../fixtures/seed-002/${title.toLowerCase().replaceAll(' ', '-')}.json.snap`;
  const resources = setUp().generate(proxy, typeUrl, names);
  await expect(`${JSON.stringify(resources, null, 2)}\n`).toMatchFileSnapshot(file);
});
