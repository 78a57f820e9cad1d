import { expect, test } from 'vitest';
import { createAuthority } from '#core/certificates.ts';
import { createRandom } from '#core/random.ts';
import { genericSecret } from '#harness/fixtures.ts';
import { startTaskMesh } from '../support/task-mesh.ts';

// The tasks of https://istio.io/latest/docs/tasks/traffic-management/egress. The site outside is the ingress gateway: it speaks
// TLS on 443 and wants client certificates.

const SITE = 'api.example.com';

/** Reached by name from anywhere; what is called there depends on the host header or SNI alone. */
const SOMEWHERE = 'istio-ingressgateway.istio-system';

async function createSecrets(): Promise<string> {
  const authority = await createAuthority({ commonName: 'root', random: createRandom('egress') });
  const server = await authority.issue({ dnsNames: [SITE, '*.example.org'] });
  const client = await authority.issue({ commonName: 'client', dnsNames: ['client.example.com'] });
  const secretOf = (name: string, namespace: string, { certificatePem: cert, privateKeyPem: key }: typeof server) =>
    genericSecret({ name, namespace }, { cert, key, cacert: authority.certificatePem }).text;
  return [
    secretOf('site', 'istio-system', server),
    secretOf('client', 'istio-system', client),
    secretOf('client', 'default', client),
  ].join('\n---\n');
}

const OUTSIDE = `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: site, namespace: istio-system }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [${SITE}, '*.example.org']
      tls: { mode: MUTUAL, credentialName: site }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: site, namespace: istio-system }
spec:
  hosts: [${SITE}, '*.example.org']
  gateways: [site]
  http: [{ route: [{ destination: { host: httpbin.default.svc.cluster.local, port: { number: 8000 } } }] }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: site }
spec:
  hosts: [${SITE}]
  ports:
    - { number: 80, name: http, protocol: HTTP, targetPort: 443 }
    - { number: 443, name: https, protocol: HTTPS }
  resolution: DNS
  endpoints: [{ address: ${SOMEWHERE}.svc.cluster.local }]
---
`;

const startMesh = async (manifests: string) =>
  await startTaskMesh({ httpbin: ['v1'] }, (await createSecrets()) + OUTSIDE + manifests, { hasGateways: true });

test('TLS origination: a sidecar adds mutual TLS to plain requests', async () => {
  await using mesh = await startMesh(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: originate }
spec:
  workloadSelector: { matchLabels: { app: sleep } }
  host: ${SITE}
  trafficPolicy:
    loadBalancer: { simple: ROUND_ROBIN }
    portLevelSettings:
      - { port: { number: 80 }, tls: { mode: MUTUAL, credentialName: client, sni: ${SITE} } }
`);
  expect(await mesh.ask(`${SOMEWHERE}:80/get`, { host: SITE })).toMatchObject({ status: 200 });
  expect(mesh.served('httpbin')).toEqual(['v1']);
});

const EGRESS = 'istio-egressgateway.istio-system.svc.cluster.local';

test('egress gateways with TLS origination: mTLS to the gateway, the site’s own mutual TLS beyond it', async () => {
  await using mesh = await startMesh(`
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: egress }
spec:
  selector: { istio: egressgateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [${SITE}]
      tls: { mode: ISTIO_MUTUAL }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: to-egress }
spec:
  host: ${EGRESS}
  subsets:
    - name: site
      trafficPolicy:
        loadBalancer: { simple: ROUND_ROBIN }
        portLevelSettings: [{ port: { number: 443 }, tls: { mode: ISTIO_MUTUAL, sni: ${SITE} } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: through-egress }
spec:
  hosts: [${SITE}]
  gateways: [egress, mesh]
  http:
    - match: [{ gateways: [mesh], port: 80 }]
      route: [{ destination: { host: ${EGRESS}, subset: site, port: { number: 443 } }, weight: 100 }]
    - match: [{ gateways: [egress], port: 443 }]
      route: [{ destination: { host: ${SITE}, port: { number: 443 } }, weight: 100 }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: originate, namespace: istio-system }
spec:
  host: ${SITE}
  trafficPolicy:
    loadBalancer: { simple: ROUND_ROBIN }
    portLevelSettings: [{ port: { number: 443 }, tls: { mode: MUTUAL, credentialName: client, sni: ${SITE} } }]
`);
  expect(await mesh.ask(`${SOMEWHERE}:80/get`, { host: SITE })).toMatchObject({ status: 200 });
  expect(mesh.served('istio').length).toBe(2);
});

test('egress to wildcard hosts: TLS goes through the egress gateway as it is, by its SNI', async () => {
  await using mesh = await startMesh(`
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: any }
spec:
  hosts: ['*.example.org']
  ports: [{ number: 443, name: tls, protocol: TLS }]
  resolution: DNS
  endpoints: [{ address: ${SOMEWHERE}.svc.cluster.local }]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: egress }
spec:
  selector: { istio: egressgateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: ['*.example.org']
      tls: { mode: PASSTHROUGH }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: to-egress }
spec: { host: ${EGRESS}, subsets: [{ name: any }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: through-egress }
spec:
  hosts: ['*.example.org']
  gateways: [mesh, egress]
  tls:
    - match: [{ gateways: [mesh], port: 443, sniHosts: ['*.example.org'] }]
      route: [{ destination: { host: ${EGRESS}, subset: any, port: { number: 443 } } }]
    - match: [{ gateways: [egress], port: 443, sniHosts: ['*.example.org'] }]
      route: [{ destination: { host: '*.example.org', port: { number: 443 } } }]
`);
  const authority = await createAuthority({ commonName: 'root', random: createRandom('egress') });
  const { certificatePem, privateKeyPem } = await authority.issue({ commonName: 'client' });
  const tls = { serverName: 'en.example.org', authorityPem: authority.certificatePem, certificatePem, privateKeyPem };
  const answer = await mesh.ask(`https://${SOMEWHERE}/get`, { host: 'en.example.org', tls });
  expect(answer).toMatchObject({ status: 200 });
});

test('REGISTRY_ONLY: hosts that nobody registered are blocked', async () => {
  const policy = (mode: string) => `
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: policy, namespace: istio-system }
spec: { profile: minimal, meshConfig: { outboundTrafficPolicy: { mode: ${mode} } } }
`;
  await using mesh = await startMesh(policy('REGISTRY_ONLY'));
  expect(await mesh.ask('httpbin:8000/get', { host: 'unknown.example.net' })).toMatchObject({ status: 502 });
  await mesh.apply(policy('ALLOW_ANY'));
  expect(await mesh.ask('httpbin:8000/get', { host: 'unknown.example.net' })).toMatchObject({ status: 200 });
});
