import { expect, test } from 'vitest';
import { startTaskMesh } from '../support/task-mesh.ts';

// The tasks of https://istio.io/latest/docs/tasks/security/authorization and authentication.

const DENIED = { status: 403, text: 'RBAC: access denied' };

function policy(kind: string, name: string, spec: string, annotations = '{}'): string {
  return `
apiVersion: security.istio.io/v1
kind: ${kind}
metadata: { name: ${name}, annotations: ${annotations} }
spec: ${spec}
---
`;
}

const authorize = (name: string, spec: string, annotations?: string): string =>
  policy('AuthorizationPolicy', name, spec, annotations);

const WEB = { httpbin: ['v1'] };

test('HTTP traffic: nothing is allowed, until GET is', async () => {
  await using mesh = await startTaskMesh(WEB, authorize('allow-nothing', '{}'));
  expect(await mesh.ask('httpbin:8000/get')).toMatchObject(DENIED);
  await mesh.apply(
    authorize(
      'viewer',
      '{ selector: { matchLabels: { app: httpbin } }, action: ALLOW, rules: [{ to: [{ operation: { methods: [GET] } }] }] }',
    ),
  );
  expect(await mesh.ask('httpbin:8000/get')).toMatchObject({ status: 200 });
});

test('HTTP traffic: a service account may read', async () => {
  const allow = (account: string) =>
    authorize(
      'reader',
      `{ action: ALLOW, rules: [{ from: [{ source: { principals: [cluster.local/ns/default/sa/${account}] } }], to: [{ operation: { methods: [GET], paths: [/get*] } }] }] }`,
    );
  await using mesh = await startTaskMesh(WEB, allow('sleep'));
  expect(await mesh.ask('httpbin:8000/get')).toMatchObject({ status: 200 });
  expect(await mesh.ask('httpbin:8000/headers')).toMatchObject(DENIED);
  await mesh.apply(allow('somebody'));
  expect(await mesh.ask('httpbin:8000/get')).toMatchObject(DENIED);
});

test('TCP traffic: ports are allowed and denied, and what only HTTP tells allows nothing', async () => {
  const ports = (name: string, action: string, port: string) =>
    authorize(name, `{ action: ${action}, rules: [{ to: [{ operation: { ports: ["${port}"] } }] }] }`);
  await using mesh = await startTaskMesh(WEB, ports('tcp-policy', 'ALLOW', '80'));
  expect(await mesh.ask('httpbin:9000/get')).toMatchObject({ status: 200 });
  await mesh.apply(ports('tcp-policy', 'ALLOW', '9999'));
  expect(await mesh.ask('httpbin:9000/get')).toMatchObject(DENIED);
});

test('explicit deny: one header value gets through', async () => {
  await using mesh = await startTaskMesh(
    WEB,
    authorize(
      'deny-method-get',
      '{ action: DENY, rules: [{ to: [{ operation: { methods: [GET] } }], when: [{ key: "request.headers[x-token]", notValues: [admin] }] }] }',
    ),
  );
  expect(await mesh.ask('httpbin:8000/get', { headers: { 'x-token': 'admin' } })).toMatchObject({ status: 200 });
  expect(await mesh.ask('httpbin:8000/get', { headers: { 'x-token': 'guest' } })).toMatchObject(DENIED);
});

test('dry run: a policy on trial refuses nobody', async () => {
  const deny = '{ action: DENY, rules: [{ to: [{ operation: { paths: [/headers] } }] }] }';
  await using mesh = await startTaskMesh(WEB, authorize('deny-headers', deny, '{ "istio.io/dry-run": "true" }'));
  expect(await mesh.ask('httpbin:8000/headers')).toMatchObject({ status: 200 });
  await mesh.apply(authorize('deny-headers', deny));
  expect(await mesh.ask('httpbin:8000/headers')).toMatchObject(DENIED);
});

test('audit: a policy that only audits refuses nobody', async () => {
  await using mesh = await startTaskMesh(WEB, authorize('audit', '{ action: AUDIT, rules: [{}] }'));
  expect(await mesh.ask('httpbin:8000/headers')).toMatchObject({ status: 200 });
});

test('mutual TLS: STRICT refuses plain text, except on a port that is let off', async () => {
  const strict = (more: string) =>
    policy(
      'PeerAuthentication',
      'httpbin',
      `{ selector: { matchLabels: { app: httpbin } }, mtls: { mode: STRICT }${more} }`,
    );
  await using mesh = await startTaskMesh(WEB, strict(''), {
    callerLabels: { 'sidecar.istio.io/inject': 'false' },
  });
  await expect(mesh.ask('httpbin:8000/get')).rejects.toThrow(/ECONNRESET|socket hang up/);
  await mesh.apply(strict(', portLevelMtls: { "80": { mode: DISABLE } }'));
  expect(await mesh.ask('httpbin:8000/get')).toMatchObject({ status: 200 });
});
