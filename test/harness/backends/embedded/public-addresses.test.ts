import { expect, test } from 'vitest';
import { manifest } from '#harness/fixtures.ts';
import { kubeCluster } from '#harness/topology.ts';
import { startEmbedded } from './support/start-embedded.ts';

const CALLER = {
  file: 'caller.yaml',
  text: `apiVersion: apps/v1
kind: Deployment
metadata: { name: sleep, namespace: default }
spec:
  selector: { matchLabels: { app: sleep } }
  template:
    metadata: { labels: { app: sleep, sidecar.istio.io/inject: 'false' } }
    spec: { containers: [{ name: sleep, image: curlimages/curl }] }
---
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: { name: public, namespace: istio-system }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]
`,
};

test("one cluster's gateway is reached from another by its public name, and no other way", async () => {
  const topology = {
    east: kubeCluster('east', { manifests: [CALLER, manifest('seed-000/httpbin-without-credentials.yaml')] }),
    west: kubeCluster('west', { gateway: false, manifests: [CALLER] }),
  };
  await using world = await startEmbedded(topology);
  const { east, west } = world.parts;
  const host = await east.externalHost('istio-system/istio-ingressgateway');
  expect(host).toMatch(/^a[0-9a-f]{31}\.us-east-1\.elb\.amazonaws\.com$/);
  const caller = west.exec({ labels: { app: 'sleep' } });
  expect(await caller.get(`${host}/cat`)).toMatchObject({ status: 404 });
  await expect(caller.get('istio-ingressgateway.istio-system/cat')).rejects.toThrow('ENOTFOUND');
});

test('a Service that is not public has no public name', async () => {
  await using world = await startEmbedded({
    east: kubeCluster('east', { gateway: false, manifests: [manifest('seed-000/httpbin-without-credentials.yaml')] }),
  });
  await expect(world.parts.east.externalHost('httpbin')).rejects.toThrow(
    'Failed to find the public name of service "httpbin": its type is ClusterIP, not LoadBalancer',
  );
});
