import { expect, test } from 'vitest';
import { getHeader } from '#core/http-message.ts';
import { manifest } from '#harness/fixtures.ts';
import { aws, kubeCluster, type ManifestSource } from '#harness/topology.ts';
import { startEmbedded } from './support/start-embedded.ts';

const ALB = 'alb.jesus2.solo.io';
const account = aws({
  functions: { 'hello-world': () => ({ statusCode: 200, headers: { 'Content-Type': 'text/html' }, body: 'Hello' }) },
  loadBalancers: { [ALB]: { function: 'hello-world', addresses: ['10.0.1.186', '10.0.2.117', '10.0.3.223'] } },
});

/** A pod to call from; with `inject` it has a sidecar. */
function sleep(inject: 'true' | 'false'): ManifestSource {
  const text = `apiVersion: apps/v1
kind: Deployment
metadata: { name: sleep, namespace: default }
spec:
  selector: { matchLabels: { app: sleep } }
  template:
    metadata: { labels: { app: sleep, sidecar.istio.io/inject: '${inject}' } }
    spec: { containers: [{ name: sleep, image: curlimages/curl }] }
`;
  return { file: 'sleep.yaml', text };
}
const SLEEP = { labels: { app: 'sleep' } };

test('a pod in the VPC reaches the load balancer by its private addresses', async () => {
  const cluster = kubeCluster('eks', { vpc: true, gateway: false, manifests: [sleep('false')] });
  await using world = await startEmbedded({ account, cluster });
  const caller = world.parts.cluster.exec(SLEEP);
  const plain = await caller.get(`${ALB}/hello-world`);
  expect([plain.status, plain.text()]).toEqual([200, 'Hello']);
  const secured = await caller.get(`https://${ALB}/hello-world`, { tls: { isInsecure: true } });
  expect(secured.status).toBe(200);
  expect(world.parts.account.invocations('hello-world')).toMatchObject([
    { event: { path: '/hello-world', headers: { host: ALB, 'x-forwarded-proto': 'http' } } },
    { event: { path: '/hello-world', headers: { host: ALB, 'x-forwarded-proto': 'https' } } },
  ]);
});

test('a pod outside the VPC times out on one address after another, as curl in seed 002', async () => {
  const cluster = kubeCluster('gke', { gateway: false, manifests: [sleep('false')] });
  await using world = await startEmbedded({ account, cluster });
  const startedAt = world.clock.now();
  await expect(world.parts.cluster.exec(SLEEP).get(`https://${ALB}`)).rejects.toThrow(
    `Failed to connect to ${ALB} port 443 after 225000 ms: Couldn't connect to server`,
  );
  expect(world.clock.now() - startedAt).toBe(225_000);
});

test('a function that does not exist is named', async () => {
  const broken = aws({ loadBalancers: { [ALB]: { function: 'helo', addresses: ['10.0.1.186'] } } });
  await expect(startEmbedded({ broken })).rejects.toThrow(
    `Failed to start load balancer "${ALB}": there is no function "helo"`,
  );
});

test('what a pod with a sidecar sends passes through the sidecar, to services by name and to unknown hosts', async () => {
  const manifests = [manifest('seed-000/httpbin-without-credentials.yaml'), sleep('true')];
  const cluster = kubeCluster('eks', { vpc: true, gateway: false, manifests });
  await using world = await startEmbedded({ account, cluster });
  const caller = world.parts.cluster.exec(SLEEP);
  const headers = await caller.get('httpbin:8000/headers');
  expect([headers.status, getHeader(headers.headers, 'server')]).toEqual([200, 'envoy']);
  expect(headers.text()).toContain('By=spiffe://cluster.local/ns/default/sa/httpbin;');
  expect(await caller.get(`${ALB}/hello-world`)).toMatchObject({ status: 200 });
});
