import { expect, test } from 'vitest';
import { getHeader } from '#core/http-message.ts';
import { manifest } from '#harness/fixtures.ts';
import { kubeCluster } from '#harness/topology.ts';
import { startEmbedded } from './support/start-embedded.ts';

const HTTPBIN = manifest('seed-000/httpbin-without-credentials.yaml');

const SLEEP = `apiVersion: apps/v1
kind: Deployment
metadata: { name: sleep, namespace: default }
spec:
  selector: { matchLabels: { app: sleep } }
  template:
    metadata: { labels: { app: sleep } }
    spec: { containers: [{ name: sleep, image: curlimages/curl }] }
---
`;

function workload(name: string, version: string, replicas = 1): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: default }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name}, version: ${version} } }
  template:
    metadata: { labels: { app: ${name}, version: ${version} } }
    spec:
      containers: [{ name: httpbin, image: docker.io/kennethreitz/httpbin, ports: [{ containerPort: 80 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: default }
spec: { ports: [{ name: http, port: 8000, targetPort: 80 }], selector: { app: ${name} } }
---
`;
}

/** A cluster with httpbin, a caller beside a sidecar, and these objects. */
async function startMesh(text: string) {
  const file = { file: 'traffic.yaml', text: SLEEP + text };
  const world = await startEmbedded({ east: kubeCluster('east', { gateway: false, manifests: [HTTPBIN, file] }) });
  const { east } = world.parts;
  /** Requests that the proxy of a pod passed on, by pod. */
  const passedOn = () =>
    world.timeline.events().flatMap((event) => (event.type === 'hop' && event.sent !== undefined ? [event] : []));
  return {
    caller: east.exec({ labels: { app: 'sleep' } }),
    passedOn,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test('an ingress listener of a Sidecar takes what a Service leads to, and hands it to another port', async () => {
  await using mesh = await startMesh(`apiVersion: v1
kind: Service
metadata: { name: moved, namespace: default }
spec: { ports: [{ name: http, port: 8000, targetPort: 9080 }], selector: { app: httpbin } }
---
apiVersion: networking.istio.io/v1beta1
kind: Sidecar
metadata: { name: httpbin, namespace: default }
spec:
  workloadSelector: { labels: { app: httpbin } }
  ingress: [{ port: { number: 9080, protocol: HTTP, name: http }, defaultEndpoint: '127.0.0.1:80' }]
`);
  expect(await mesh.caller.get('moved:8000/status/418')).toMatchObject({ status: 418 });
});

test('an egress listener of a Sidecar is called on purpose, at the loopback of the pod', async () => {
  await using mesh = await startMesh(`apiVersion: networking.istio.io/v1beta1
kind: Sidecar
metadata: { name: sleep, namespace: default }
spec:
  workloadSelector: { labels: { app: sleep } }
  egress: [{ port: { number: 8000, protocol: HTTP }, captureMode: NONE, hosts: ['./*'] }]
`);
  expect(await mesh.caller.get('127.0.0.1:8000/status/418', { host: 'httpbin' })).toMatchObject({ status: 418 });
  // Passed through it would come back for ever.
  expect(await mesh.caller.get('127.0.0.1:8000/status/418', { host: 'nobody' })).toMatchObject({ status: 503 });
});

test('a mirror gets a copy of what a Service is asked, under a name that tells', async () => {
  await using mesh = await startMesh(`${workload('copy', 'v1')}apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: httpbin, namespace: default }
spec:
  hosts: [httpbin]
  http: [{ route: [{ destination: { host: httpbin } }], mirror: { host: copy } }]
`);
  expect(await mesh.caller.get('httpbin:8000/anything')).toMatchObject({ status: 200 });
  const hosts = mesh
    .passedOn()
    .flatMap(({ hop, sent }) => (hop.startsWith('copy') ? [getHeader(sent?.headers ?? [], 'host')] : []));
  expect(hosts).toEqual(['httpbin-shadow:8000']);
});

test('requests with one header go to one pod', async () => {
  await using mesh = await startMesh(`${workload('many', 'v1', 3)}apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: { name: many, namespace: default }
spec: { host: many, trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: x-user } } } }
`);
  const podsOf = async (user: string) => {
    const before = mesh.passedOn().length;
    for (let count = 0; count < 4; count++)
      await mesh.caller.get('many:8000/anything', { headers: { 'x-user': user } });
    const hops = mesh.passedOn().slice(before);
    return new Set(hops.flatMap(({ hop }) => (hop.startsWith('many') ? [hop] : [])));
  };
  expect((await podsOf('a')).size).toBe(1);
  const all = new Set<string>();
  for (const user of ['b', 'c', 'd', 'e', 'f', 'g']) for (const pod of await podsOf(user)) all.add(pod);
  expect(all.size).toBeGreaterThan(1);
});
