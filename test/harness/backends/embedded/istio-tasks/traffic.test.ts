import { expect, test } from 'vitest';
import { startTaskMesh } from '../support/task-mesh.ts';

// The tasks of https://istio.io/latest/docs/tasks/traffic-management, with httpbin where they have Bookinfo.

const SUBSETS = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
---
`;

const versions = { reviews: ['v1', 'v2'] };

test('request routing: one user gets another version', async () => {
  await using mesh = await startTaskMesh(
    versions,
    `${SUBSETS}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http:
    - match: [{ headers: { end-user: { exact: jason } } }]
      route: [{ destination: { host: reviews, subset: v2 } }]
    - route: [{ destination: { host: reviews, subset: v1 } }]
`,
  );
  await mesh.ask('reviews:8000/get', { headers: { 'end-user': 'jason' } });
  await mesh.ask('reviews:8000/get', { headers: { 'end-user': 'anna' } });
  await mesh.ask('reviews:8000/get');
  expect(mesh.served('reviews')).toEqual(['v2', 'v1', 'v1']);
});

test('fault injection: a delay for one user, an abort for another', async () => {
  await using mesh = await startTaskMesh(
    versions,
    `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ratings }
spec:
  hosts: [reviews]
  http:
    - match: [{ headers: { end-user: { exact: jason } } }]
      fault: { delay: { percentage: { value: 100.0 }, fixedDelay: 7s } }
      route: [{ destination: { host: reviews } }]
    - match: [{ headers: { end-user: { exact: anna } } }]
      fault: { abort: { percentage: { value: 100 }, httpStatus: 500 } }
      route: [{ destination: { host: reviews } }]
    - route: [{ destination: { host: reviews } }]
`,
  );
  const slow = await mesh.ask('reviews:8000/get', { headers: { 'end-user': 'jason' } });
  expect(slow).toMatchObject({ status: 200 });
  expect(slow.durationMs).toBeGreaterThanOrEqual(7000);
  const aborted = await mesh.ask('reviews:8000/get', { headers: { 'end-user': 'anna' } });
  expect(aborted).toMatchObject({ status: 500, text: 'fault filter abort' });
});

test('traffic shifting: half and half, then all', async () => {
  const shift = (v1: number, v2: number) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http:
    - route:
        - { destination: { host: reviews, subset: v1 }, weight: ${v1} }
        - { destination: { host: reviews, subset: v2 }, weight: ${v2} }
`;
  await using mesh = await startTaskMesh(versions, SUBSETS + shift(50, 50));
  for (let count = 0; count < 40; count++) await mesh.ask('reviews:8000/get');
  const half = mesh.served('reviews').filter((version) => version === 'v2').length;
  expect(half).toBeGreaterThan(10);
  expect(half).toBeLessThan(30);
  await mesh.apply(shift(0, 100));
  const before = mesh.served('reviews').length;
  for (let count = 0; count < 5; count++) await mesh.ask('reviews:8000/get');
  expect(new Set(mesh.served('reviews').slice(before))).toEqual(new Set(['v2']));
});

test('TCP traffic shifting: connections go where the weights say', async () => {
  await using mesh = await startTaskMesh(
    { echo: ['v1', 'v2'] },
    `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: echo }
spec:
  host: echo
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: echo }
spec:
  hosts: [echo]
  tcp:
    - match: [{ port: 9000 }]
      route:
        - { destination: { host: echo, port: { number: 9000 }, subset: v1 }, weight: 0 }
        - { destination: { host: echo, port: { number: 9000 }, subset: v2 }, weight: 100 }
`,
  );
  for (let count = 0; count < 4; count++) expect(await mesh.ask('echo:9000/get')).toMatchObject({ status: 200 });
  expect(mesh.served('echo')).toEqual(['v2', 'v2', 'v2', 'v2']);
});

test('circuit breaking: what does not fit is refused', async () => {
  await using mesh = await startTaskMesh(
    { httpbin: ['v1'] },
    `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: httpbin }
spec:
  host: httpbin
  trafficPolicy:
    connectionPool:
      tcp: { maxConnections: 1 }
      http: { http1MaxPendingRequests: 1, maxRequestsPerConnection: 1 }
    outlierDetection: { consecutive5xxErrors: 1, interval: 1s, baseEjectionTime: 3m, maxEjectionPercent: 100 }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: slow }
spec:
  hosts: [httpbin]
  http: [{ route: [{ destination: { host: httpbin } }], retries: { attempts: 0 } }]
`,
  );
  const answers = await Promise.all(Array.from({ length: 6 }, () => mesh.ask('httpbin:8000/get')));
  const statuses = answers.map(({ status }) => status);
  expect(statuses).toContain(200);
  expect(statuses).toContain(503);
  const refused = answers.find(({ status }) => status === 503);
  expect(refused?.text).toBe('upstream connect error or disconnect/reset before headers. reset reason: overflow');
});

test('outlier detection: an endpoint that fails is left alone for its time', async () => {
  await using mesh = await startTaskMesh(
    { httpbin: ['v1'] },
    `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: httpbin }
spec:
  host: httpbin
  trafficPolicy:
    outlierDetection: { consecutive5xxErrors: 1, interval: 1s, baseEjectionTime: 3m, maxEjectionPercent: 100 }
`,
  );
  expect(await mesh.ask('httpbin:8000/status/500')).toMatchObject({ status: 500 });
  expect(await mesh.ask('httpbin:8000/get')).toMatchObject({ status: 503, text: 'no healthy upstream' });
  await mesh.clock.sleep(200_000);
  expect(await mesh.ask('httpbin:8000/get')).toMatchObject({ status: 200 });
});

test('locality failover: the next zone takes over when the own one is gone', async () => {
  await using mesh = await startTaskMesh(
    { near: ['v1'], far: ['v2'] },
    `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: hello }
spec:
  hosts: [hello.example.com]
  ports: [{ number: 8000, name: http, protocol: HTTP }]
  resolution: DNS
  location: MESH_EXTERNAL
  endpoints:
    - { address: near.default.svc.cluster.local, ports: { http: 8000 }, locality: region1/zone1 }
    - { address: far.default.svc.cluster.local, ports: { http: 8000 }, locality: region2/zone1 }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: hello }
spec:
  host: hello.example.com
  trafficPolicy:
    loadBalancer:
      simple: ROUND_ROBIN
      localityLbSetting: { enabled: true, failover: [{ from: region1, to: region2 }] }
    outlierDetection: { consecutive5xxErrors: 1, interval: 1s, baseEjectionTime: 1m, maxEjectionPercent: 100 }
`,
    { callerLabels: { 'istio-locality': 'region1.zone1' } },
  );
  expect(await mesh.ask('near:8000/status/503', { host: 'hello.example.com' })).toMatchObject({ status: 503 });
  expect(await mesh.ask('near:8000/get', { host: 'hello.example.com' })).toMatchObject({ status: 200 });
  expect(mesh.served('near').length).toBeGreaterThan(0);
  expect(mesh.served('far')).toHaveLength(1);
});
