import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { resolveEnvironment, type PodFacts } from '#control-plane/kube/environment.ts';
import { planInjection } from '#control-plane/istio/installation/injection.ts';
import type { KubeObject } from '#control-plane/kube/kinds.ts';
import { createObjectStore, type ObjectStore } from '#control-plane/kube/object-store.ts';
import { parseManifests } from '#control-plane/kube/parse-manifest.ts';

const WORKLOAD = readFileSync(new URL('../fixtures/ordinary-workload.yaml', import.meta.url), 'utf8');
const POD: PodFacts = {
  name: 'httpbin-7c9',
  namespace: 'default',
  ip: '10.42.0.5',
  serviceAccount: 'httpbin',
  labels: { app: 'httpbin' },
  annotations: {},
};

function setUp(namespaceLabels: string): { store: ObjectStore; deployment: KubeObject<'Deployment'> } {
  const store = createObjectStore({ now: () => 0 });
  const namespace = `{apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {${namespaceLabels}}}}\n---\n`;
  for (const { manifest } of parseManifests([{ file: 'test.yaml', text: namespace + WORKLOAD }])) store.apply(manifest);
  const deployment = store.get('Deployment', 'httpbin');
  if (deployment === undefined) throw new TypeError('No deployment');
  return { store, deployment };
}

function withTemplate(
  deployment: KubeObject<'Deployment'>,
  metadata: { labels?: Record<string, string>; annotations?: Record<string, string> },
): KubeObject<'Deployment'> {
  const { spec } = deployment;
  return { ...deployment, spec: { ...spec, template: { ...spec.template, metadata } } };
}

test('injects a proxy with the log level, environment and container that the pod asks for', () => {
  const { store, deployment } = setUp('istio-injection: enabled');
  const injection = planInjection(deployment, store);
  expect(injection).toMatchObject({ proxyType: 'sidecar', logLevel: 'debug' });
  expect(injection?.workloads.map(({ name }) => name)).toEqual(['httpbin']);
  expect(injection && resolveEnvironment(injection.container, POD, store)).toEqual({
    AWS_REGION: 'us-east-1',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
});

const NO = { 'sidecar.istio.io/inject': 'false' };
const YES = { 'sidecar.istio.io/inject': 'true' };

test.each([
  ['leaves pods of other namespaces alone', '', {}, false],
  ['injects where the namespace has a revision', 'istio.io/rev: stable', {}, true],
  ['injects a pod whose label asks for it anywhere', '', { labels: YES }, true],
  ['does not let an annotation ask for it anywhere', '', { annotations: YES }, false],
  ['lets a label refuse', 'istio-injection: enabled', { labels: NO }, false],
  ['lets an annotation refuse', 'istio-injection: enabled', { annotations: NO }, false],
  ['lets the label win over the annotation', 'istio-injection: enabled', { labels: YES, annotations: NO }, true],
  ['never injects where the namespace forbids it', 'istio-injection: disabled', { labels: YES }, false],
])('%s', (_title, namespace, metadata, isInjected) => {
  const { store, deployment } = setUp(namespace);
  expect(planInjection(withTemplate(deployment, metadata), store) !== undefined).toBe(isInjected);
});

test('makes a gateway of a pod with the gateway template', () => {
  const { store, deployment } = setUp('istio-injection: enabled');
  const annotations = { 'inject.istio.io/templates': 'gateway' };
  expect(planInjection(withTemplate(deployment, { annotations }), store)?.proxyType).toBe('router');
});

test('names the annotation that is not a proxy configuration', () => {
  const { store, deployment } = setUp('istio-injection: enabled');
  const annotations = { 'proxy.istio.io/config': 'proxyMetadata: [1]' };
  expect(() => planInjection(withTemplate(deployment, { annotations }), store)).toThrow(
    /Failed to read annotation "proxy\.istio\.io\/config" of Deployment "httpbin"/,
  );
});

test('refuses what the annotation would change in vain', () => {
  const { store, deployment } = setUp('istio-injection: enabled');
  const annotations = { 'proxy.istio.io/config': 'drainDuration: 5s' };
  expect(() => planInjection(withTemplate(deployment, { annotations }), store)).toThrow('drainDuration');
});

test('hands on the runtime values that switch features', () => {
  const { store, deployment } = setUp('istio-injection: enabled');
  const annotations = { 'proxy.istio.io/config': 'runtimeValues: {envoy.a: "true", envoy.b: false, envoy.c: "7"}' };
  expect(planInjection(withTemplate(deployment, { annotations }), store)?.runtimeFlags).toEqual({
    'envoy.a': true,
    'envoy.b': false,
  });
});

test('resolves environment from Secrets, ConfigMaps, the pod and earlier variables', () => {
  const { store } = setUp('');
  const container = {
    name: 'app',
    envFrom: [{ prefix: 'S_', configMapRef: { name: 'settings' } }],
    env: [
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 'aws', key: 'secret' } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'TEXT', value: '$(S_greeting) from $(IP), $$5 $(UNKNOWN)' },
      { name: 'MAYBE', valueFrom: { secretKeyRef: { name: 'none', key: 'x', optional: true } } },
    ],
  };
  expect(resolveEnvironment(container, POD, store)).toEqual({
    S_greeting: 'hello',
    KEY: 'secret',
    IP: '10.42.0.5',
    APP: 'httpbin',
    TEXT: 'hello from 10.42.0.5, $5 $(UNKNOWN)',
  });
});

test('says which Secret or key a container waits for', () => {
  const { store } = setUp('');
  const start = (name: string, key: string) => () =>
    resolveEnvironment({ name: 'app', env: [{ name: 'X', valueFrom: { secretKeyRef: { name, key } } }] }, POD, store);
  expect(start('none', 'x')).toThrow('Failed to start container "app" of pod "httpbin-7c9": secret "none" not found');
  expect(start('aws', 'x')).toThrow("couldn't find key x in Secret default/aws");
});
