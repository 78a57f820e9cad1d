import { expect, test } from 'vitest';
import { startTaskMesh } from '../support/task-mesh.ts';

// The tasks of https://istio.io/latest/docs/tasks/traffic-management/ingress.

const WEB = { httpbin: ['v1'], helloworld: ['v1'] };

function gateway(servers: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gateway }
spec: { selector: { istio: ingressgateway }, servers: ${servers} }
---
`;
}

function route(name: string, spec: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name} }
spec: ${spec}
---
`;
}

const to = (host: string) => `[{ destination: { host: ${host}, port: { number: 8000 } } }]`;

const PLAIN = '{ number: 80, name: http, protocol: HTTP }';

test('ingress gateways: a host and some paths', async () => {
  await using mesh = await startTaskMesh(
    WEB,
    gateway(`[{ port: ${PLAIN}, hosts: [httpbin.example.com] }]`) +
      route(
        'httpbin',
        `{ hosts: [httpbin.example.com], gateways: [gateway], http: [{ match: [{ uri: { prefix: /status } }, { uri: { prefix: /get } }], route: ${to('httpbin')} }] }`,
      ),
    { hasGateways: true },
  );
  const forward = await mesh.east.portForward(0, 'istio-system/istio-ingressgateway', 80);
  const statusOf = async (path: string, host: string) => (await forward.get(path, { host })).status;
  expect(await statusOf('/status/200', 'httpbin.example.com')).toBe(200);
  expect(await statusOf('/headers', 'httpbin.example.com')).toBe(404);
  expect(await statusOf('/status/200', 'other.example.com')).toBe(404);
  await forward[Symbol.asyncDispose]();
});

test('several hosts on one server, from namespaces that may use them, and a redirect to HTTPS', async () => {
  await using mesh = await startTaskMesh(
    WEB,
    gateway(
      `[{ port: ${PLAIN}, hosts: ["default/*.example.com", "elsewhere/hello.example.org"] }, { port: { number: 80, name: redirect, protocol: HTTP }, hosts: [secure.example.net], tls: { httpsRedirect: true } }]`,
    ) +
      route('httpbin', `{ hosts: [a.example.com], gateways: [gateway], http: [{ route: ${to('httpbin')} }] }`) +
      route('hello', `{ hosts: [hello.example.org], gateways: [gateway], http: [{ route: ${to('helloworld')} }] }`) +
      route('secure', `{ hosts: [secure.example.net], gateways: [gateway], http: [{ route: ${to('httpbin')} }] }`),
    { hasGateways: true },
  );
  const forward = await mesh.east.portForward(0, 'istio-system/istio-ingressgateway', 80);
  expect((await forward.get('/get', { host: 'a.example.com' })).status).toBe(200);
  // Its VirtualService is in another namespace than the Gateway allows the host to.
  expect((await forward.get('/get', { host: 'hello.example.org' })).status).toBe(404);
  const redirected = await forward.get('/get?a=b', { host: 'secure.example.net' });
  expect(redirected.status).toBe(301);
  expect(redirected.headers).toContain('https://secure.example.net/get?a=b');
  await forward[Symbol.asyncDispose]();
});

test('ingress access control: addresses behind a trusted proxy', async () => {
  await using mesh = await startTaskMesh(
    WEB,
    `
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: topology, namespace: istio-system }
spec: { profile: minimal, meshConfig: { defaultConfig: { gatewayTopology: { numTrustedProxies: 1 } } } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ingress-policy, namespace: istio-system }
spec:
  selector: { matchLabels: { app: istio-ingressgateway } }
  action: ALLOW
  rules: [{ from: [{ source: { remoteIpBlocks: [1.2.3.4, 5.6.7.0/24] } }] }]
---
${gateway(`[{ port: ${PLAIN}, hosts: ["*"] }]`)}${route('httpbin', `{ hosts: ["*"], gateways: [gateway], http: [{ route: ${to('httpbin')} }] }`)}`,
    { hasGateways: true },
  );
  const forward = await mesh.east.portForward(0, 'istio-system/istio-ingressgateway', 80);
  const statusFor = async (address: string) =>
    (await forward.get('/get', { headers: { 'x-forwarded-for': address } })).status;
  expect(await statusFor('1.2.3.4')).toBe(200);
  expect(await statusFor('5.6.7.8')).toBe(200);
  expect(await statusFor('9.9.9.9')).toBe(403);
  await forward[Symbol.asyncDispose]();
});
