import { expect, test } from 'vitest';
import { createObjectStore } from '#control-plane/kube/object-store.ts';
import { createTimeline, eventsOfType } from '#core/timeline.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { mountVolumes } from '#harness/backends/embedded/volumes/pod-files.ts';

type Mounting = Parameters<typeof mountVolumes>;

const POD = {
  name: 'httpbin-1',
  namespace: 'default',
  ip: '10.42.0.5',
  serviceAccount: 'httpbin',
  labels: {},
  annotations: {},
};
const MOUNTED: Mounting[0] = { volumeMounts: [{ name: 'aws', mountPath: '/aws' }] };
const SECRET_VOLUME: Mounting[1] = [{ name: 'aws', secret: { secretName: 'keys' } }];

function setUp() {
  const clock = createVirtualClock();
  const timeline = createTimeline(clock);
  const store = createObjectStore(clock);
  let tokens = 0;
  const applySecret = (stringData: Record<string, string>) =>
    store.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, stringData });
  const host: Mounting[2] = {
    pod: POD,
    clock,
    timeline,
    store,
    syncDelayMs: 60_000,
    issueToken: ({ audience, lifeSeconds }) => `${audience} ${lifeSeconds} ${(tokens += 1)}`,
  };
  applySecret({ id: 'first', secret: 'one' });
  return { clock, timeline, store, applySecret, host };
}

const readText = async (files: ReturnType<typeof mountVolumes>, path: string) => String(await files.read(path));

test('shows a changed Secret after the sync delay, all of it at once, to a reader and to a watcher', async () => {
  const { clock, timeline, applySecret, host } = setUp();
  using files = mountVolumes(MOUNTED, SECRET_VOLUME, host);
  let changes = 0;
  using _ = files.watchDirectory('/aws/', () => (changes += 1));
  applySecret({ id: 'second', secret: 'two' });
  await clock.sleep(59_000);
  expect([await readText(files, '/aws/id'), await readText(files, '/aws/secret'), changes]).toEqual([
    'first',
    'one',
    0,
  ]);
  await clock.sleep(1_000);
  expect([await readText(files, '/aws/id'), await readText(files, '/aws/..data/secret'), changes]).toEqual([
    'second',
    'two',
    1,
  ]);
  expect(eventsOfType(timeline.events(), 'volume')).toMatchObject([{ volume: 'aws', files: ['id', 'secret'] }]);
});

test('swaps once for changes that come together, and not at all for one that changes nothing', async () => {
  const { clock, timeline, store, applySecret, host } = setUp();
  using files = mountVolumes(MOUNTED, SECRET_VOLUME, host);
  applySecret({ id: 'second', secret: 'one' });
  applySecret({ id: 'third', secret: 'one' });
  await clock.sleep(61_000);
  store.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'keys', labels: { new: 'yes' } },
    stringData: { id: 'third', secret: 'one' },
  });
  await clock.sleep(61_000);
  expect(await readText(files, '/aws/id')).toBe('third');
  expect(eventsOfType(timeline.events(), 'volume')).toHaveLength(1);
});

test('keeps what is mounted when the Secret is deleted', async () => {
  const { clock, store, host } = setUp();
  using files = mountVolumes(MOUNTED, SECRET_VOLUME, host);
  store.delete({ kind: 'Secret', name: 'keys' });
  await clock.sleep(61_000);
  expect(await readText(files, '/aws/id')).toBe('first');
});

test('never updates a mount of a subPath', async () => {
  const { clock, applySecret, host } = setUp();
  const mounted = { volumeMounts: [{ name: 'aws', mountPath: '/root/.aws/credentials', subPath: 'id' }] };
  using files = mountVolumes(mounted, SECRET_VOLUME, host);
  applySecret({ id: 'second', secret: 'two' });
  await clock.sleep(61_000);
  expect(await readText(files, '/root/.aws/credentials')).toBe('first');
});

test('says ENOENT for what is not mounted', async () => {
  const { host } = setUp();
  using files = mountVolumes(MOUNTED, SECRET_VOLUME, host);
  await expect(files.read('/aws/other')).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(files.read('/awsid')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('fills projected volumes from Secrets, ConfigMaps, fields and tokens', async () => {
  const { store, host } = setUp();
  store.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { region: 'us-east-1' } });
  const sources = [
    { secret: { name: 'keys', items: [{ key: 'id', path: 'aws/id' }] } },
    { configMap: { name: 'settings' } },
    { configMap: { name: 'absent', optional: true } },
    { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
    { serviceAccountToken: { audience: 'sts.amazonaws.com', expirationSeconds: 600, path: 'token' } },
  ];
  using files = mountVolumes(MOUNTED, [{ name: 'aws', projected: { sources } }], host);
  const texts = ['aws/id', 'region', 'name', 'token'].map((path) => readText(files, `/aws/${path}`));
  expect(await Promise.all(texts)).toEqual(['first', 'us-east-1', 'httpbin-1', 'sts.amazonaws.com 600 1']);
});

test('puts a new token in place after 80% of its life, whether or not anyone watches', async () => {
  const { clock, timeline, host } = setUp();
  const sources = [{ serviceAccountToken: { audience: 'a', expirationSeconds: 1000, path: 'token' } }];
  using files = mountVolumes(MOUNTED, [{ name: 'aws', projected: { sources } }], host);
  expect(await readText(files, '/aws/token')).toBe('a 1000 1');
  await clock.sleep(799_000);
  expect(await readText(files, '/aws/token')).toBe('a 1000 1');
  await clock.sleep(1_000);
  expect(await readText(files, '/aws/token')).toBe('a 1000 2');
  const watch = files.watchDirectory('/aws', () => {});
  await clock.sleep(800_000);
  expect(await readText(files, '/aws/token')).toBe('a 1000 3');
  expect(eventsOfType(timeline.events(), 'volume')).toHaveLength(1);
  watch[Symbol.dispose]();
  expect(clock.pendingTimers()).toBe(0);
});

test.each<[string, Mounting[1][number], RegExp]>([
  [
    'a missing Secret',
    { name: 'aws', secret: { secretName: 'absent' } },
    /for volume "aws" : secret "absent" not found$/,
  ],
  [
    'a missing key',
    { name: 'aws', secret: { secretName: 'keys', items: [{ key: 'token', path: 'token' }] } },
    /references non-existent secret key: token$/,
  ],
])('keeps a pod with %s from starting', (_title, volume, message) => {
  const { host } = setUp();
  expect(() => mountVolumes(MOUNTED, [volume], host)).toThrow(message);
});
