import { expect, test } from 'vitest';
import type { Manifest } from '#control-plane/kube/kinds.ts';
import { createObjectStore, type StoreChange } from '#control-plane/kube/object-store.ts';

function configMap(name: string, data: Record<string, string> = {}): Manifest<'ConfigMap'> {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

function service(name: string, clusterIP?: string): Manifest<'Service'> {
  const spec = clusterIP === undefined ? {} : { clusterIP };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } };
}

function setUp(start = 0) {
  const time = { now: start };
  return { time, store: createObjectStore({ now: () => time.now }) };
}

test('says created, unchanged, configured', () => {
  const { store } = setUp();
  const actions = [configMap('a'), configMap('a'), configMap('a', { x: '1' })].map(
    (manifest) => store.apply(manifest).action,
  );
  expect(actions).toEqual(['created', 'unchanged', 'configured']);
});

test('keeps the creation time and moves the resource version when an object changes', () => {
  const { store, time } = setUp(1_500);
  store.apply(configMap('a'));
  time.now = 9_000;
  store.apply(configMap('a', { x: '1' }));
  expect(store.get('ConfigMap', 'a')?.metadata).toMatchObject({
    namespace: 'default',
    creationTimestamp: '1970-01-01T00:00:01Z',
    resourceVersion: '2',
  });
});

test('lists by namespace and labels, oldest first, then by name', () => {
  const { store, time } = setUp();
  const labelled = (name: string, namespace: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace, labels: { team: namespace } },
  });
  store.apply(labelled('b', 'one'));
  store.apply(labelled('a', 'one'));
  time.now = 1_000;
  store.apply(labelled('0', 'one'));
  store.apply(labelled('c', 'two'));
  const names = (filter: Parameters<typeof store.list>[1]) =>
    store.list('ServiceAccount', filter).map(({ metadata }) => metadata.name);
  expect(names({ namespace: 'one' })).toEqual(['a', 'b', '0']);
  expect(names({ labels: { team: 'two' } })).toEqual(['c']);
  expect(names({})).toEqual(['a', 'b', '0', 'c']);
});

test('tells watchers of every change, and of none that changes nothing', () => {
  const { store } = setUp();
  const changes: StoreChange['type'][] = [];
  using watch = store.watch(({ type }) => changes.push(type));
  store.apply(configMap('a'));
  store.apply(configMap('a'));
  store.apply(configMap('a', { x: '1' }));
  store.delete({ kind: 'ConfigMap', name: 'a' });
  store.delete({ kind: 'ConfigMap', name: 'a' });
  watch[Symbol.dispose]();
  store.apply(configMap('a'));
  expect(changes).toEqual(['added', 'modified', 'deleted']);
});

test('gives Services addresses that do not depend on what came before', () => {
  const one = setUp().store;
  const other = setUp().store;
  for (const name of ['a', 'b', 'c']) one.apply(service(name));
  for (const name of ['c', 'b', 'a']) other.apply(service(name));
  const addresses = (store: typeof one) => store.list('Service').map(({ spec }) => spec.clusterIP);
  expect(addresses(one)).toEqual(addresses(other));
  expect(new Set(addresses(one)).size).toBe(3);
  expect(addresses(one)).toEqual(addresses(one).map(() => expect.stringMatching(/^10\.43\.\d+\.\d+$/)));
});

test('keeps the address that a Service has or asks for', () => {
  const { store } = setUp();
  store.apply(service('a', '10.43.0.77'));
  expect(store.apply(service('a')).action).toBe('unchanged');
  expect(store.apply(service('b', 'None')).object).toMatchObject({ spec: { clusterIP: 'None' } });
});
