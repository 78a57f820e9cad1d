import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatProxyStatus } from '#control-plane/push/proxy-status-table.ts';
import { createRandom } from '#core/random.ts';
import { createTimeline } from '#core/timeline.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import type { KubeCluster } from '#harness/backends/backend.ts';
import { createEmbeddedBackend } from '#harness/backends/embedded/embedded-backend.ts';
import { tableLines } from '#harness/fixtures.ts';
import { aws, kubeCluster, type KubeClusterDescription } from '#harness/topology.ts';
import { connectSecurely, SLEEP, twoClusters } from '#scenarios/two-clusters.ts';

const EGRESS = { namespace: 'istio-egress', labels: { app: 'istio-egressgateway' } };
const INGRESS = { namespace: 'istio-ingress', labels: { app: 'istio-ingressgateway' } };

function seedTable(name: string): string {
  return readFileSync(new URL(`../../../../fixtures/seed-002/tables/${name}.txt`, import.meta.url), 'utf8');
}

/** The document prints the state of EKS before it applies what its sections 4 and 5 add. */
const { eks: description, gke } = twoClusters({ aws, kubeCluster });
const BEGINNING = { eks: { ...description, manifests: description.manifests?.slice(0, 4) ?? [] }, gke };

async function withClusters(
  topology: { readonly eks: KubeClusterDescription; readonly gke: KubeClusterDescription },
  act: (
    clusters: { readonly eks: KubeCluster; readonly gke: KubeCluster },
    connect: () => Promise<unknown>,
  ) => Promise<void>,
): Promise<void> {
  using clock = createVirtualClock();
  const random = createRandom('tables');
  const run = { clock, random, timeline: createTimeline(clock), seed: 'tables', exposePorts: false };
  const signal = new AbortController().signal;
  const environment = await createEmbeddedBackend().start(topology, { ...run, signal });
  const { eks, gke } = environment.handles;
  try {
    await act({ eks, gke }, () => connectSecurely({ eks, gke, clock, random }));
  } finally {
    await environment[Symbol.asyncDispose]();
  }
}

/** Names of pods are chosen by chance; the table's columns are as wide as the names. */
async function withNamesOfTheSeed(cluster: KubeCluster, table: string): Promise<string> {
  const names = table
    .split('\n')
    .slice(1)
    .map((line) => line.split(/ {5,}/));
  const rows = (await cluster.proxyStatus()).map((row, index) => ({
    ...row,
    name: names[index]?.[0] ?? '',
    istiod: names[index]?.[7] ?? '',
  }));
  return formatProxyStatus(rows, '1.17.2');
}

test('prints the sync states of seed 002', async () => {
  await withClusters(BEGINNING, async (clusters) => {
    for (const name of ['eks', 'gke'] as const) {
      const table = seedTable(`${name}-proxy-status`);
      expect(await withNamesOfTheSeed(clusters[name], table)).toBe(table);
    }
  });
});

test('prints the routes of seed 002', async () => {
  await withClusters(twoClusters({ aws, kubeCluster }), async ({ eks, gke }, connect) => {
    await connect();
    const ofGke = await gke.proxyConfig(EGRESS, 'route');
    expect(ofGke.lines).toEqual(tableLines('seed-002/tables/gke-routes.txt'));
    // Envoy keeps tables of its own in no order: the document has the last two lines either way.
    const [heading, first, metrics, readiness] = (await eks.proxyConfig(INGRESS, 'route')).lines;
    expect([heading, first, readiness, metrics]).toEqual(tableLines('seed-002/tables/eks-routes.txt'));
  });
});

test('answers readiness and metrics where Istio does', async () => {
  await withClusters(BEGINNING, async ({ gke }) => {
    const [gateway] = await gke.proxyStatus();
    const [row] = (await gke.proxyConfig(SLEEP, 'endpoint')).table.split('\n').filter((line) => line.includes(':8080'));
    const ip = row?.split(':')[0] ?? '';
    const curl = gke.exec(SLEEP);
    expect(gateway?.name).toMatch(/^istio-egressgateway/);
    expect((await curl.get(`${ip}:15021/healthz/ready`)).status).toBe(200);
    expect((await curl.get(`${ip}:15021/other`)).status).toBe(404);
    expect((await curl.get(`${ip}:15090/stats/prometheus`)).text()).toContain('envoy_cluster_upstream_rq');
  });
});
