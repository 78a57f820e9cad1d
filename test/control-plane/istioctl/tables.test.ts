import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createAuthority } from '#core/certificates.ts';
import { createRandom } from '#core/random.ts';
import { formatClusters } from '#control-plane/istioctl/clusters-table.ts';
import { formatEndpoints } from '#control-plane/istioctl/endpoints-table.ts';
import { formatListeners } from '#control-plane/istioctl/listeners-table.ts';
import { formatRoutes } from '#control-plane/istioctl/routes-table.ts';
import { formatSecrets } from '#control-plane/istioctl/secrets-table.ts';
import { formatProxyStatus } from '#control-plane/push/proxy-status-table.ts';

/** What the control plane generates for seed document 002, as recorded. */
function recorded(name: string): readonly unknown[] {
  const parsed: unknown = JSON.parse(
    readFileSync(new URL(`../fixtures/seed-002/${name}.json.snap`, import.meta.url), 'utf8'),
  );
  return Array.isArray(parsed) ? parsed : [];
}

/** The tables of a proxy's own status ports, which come from its bootstrap. */
function ownTable(prefix: string): unknown {
  return { virtual_hosts: [{ domains: ['*'], routes: [{ match: { prefix }, route: { cluster: 'agent' } }] }] };
}

test('prints the routes of the EKS gateway as the document shows them', () => {
  const tables = [
    ...recorded('routes-of-the-eks-ingress-gateway'),
    ownTable('/healthz/ready'),
    ownTable('/stats/prometheus'),
  ];
  expect(formatRoutes(tables, '1.17.2')).toBe(
    [
      'NAME                                              DOMAINS             MATCH                  VIRTUAL SERVICE',
      'https.443.https.eastwestgateway.istio-ingress     lambda.external     /*                     vs-lambda.istio-ingress',
      '                                                  *                   /healthz/ready*        ',
      '                                                  *                   /stats/prometheus*     ',
      '',
    ].join('\n'),
  );
});

test('prints the routes of the GKE gateway as the document shows them', () => {
  const tables = [
    ...recorded('routes-of-the-gke-egress-gateway'),
    ownTable('/stats/prometheus'),
    ownTable('/healthz/ready'),
  ];
  expect(formatRoutes(tables, '1.17.2')).toBe(
    [
      'NAME          DOMAINS             MATCH                  VIRTUAL SERVICE',
      'http.8080     lambda.external     /*                     direct-lambda-through-egress-gateway.istio-egress',
      '              *                   /stats/prometheus*     ',
      '              *                   /healthz/ready*        ',
      '',
    ].join('\n'),
  );
});

test('prints sync states as the document shows them', () => {
  const common = {
    kubeCluster: 'gke',
    clusterId: 'Kubernetes',
    cdsStatus: 'SYNCED',
    ldsStatus: 'SYNCED',
    ecdsStatus: 'NOT SENT',
    istiod: 'istiod-1-17-6f5f489dd6-vh9zs',
    version: '1.17.2',
    rejections: {},
  } as const;
  const rows = [
    {
      ...common,
      name: 'istio-egressgateway-7c5f5dcfbb-vz5zh.istio-egress',
      edsStatus: 'NOT SENT',
      rdsStatus: 'NOT SENT',
    },
    { ...common, name: 'sleep-87549b8d9-622db.sleep', edsStatus: 'SYNCED', rdsStatus: 'SYNCED' },
  ] as const;
  expect(formatProxyStatus(rows, '1.17.2')).toBe(
    [
      'NAME                                                  CLUSTER        CDS        LDS        EDS          RDS          ECDS         ISTIOD                           VERSION',
      'istio-egressgateway-7c5f5dcfbb-vz5zh.istio-egress     Kubernetes     SYNCED     SYNCED     NOT SENT     NOT SENT     NOT SENT     istiod-1-17-6f5f489dd6-vh9zs     1.17.2',
      'sleep-87549b8d9-622db.sleep                           Kubernetes     SYNCED     SYNCED     SYNCED       SYNCED       NOT SENT     istiod-1-17-6f5f489dd6-vh9zs     1.17.2',
      '',
    ].join('\n'),
  );
});

test('sorts tables by port, shortens domains, and shows what answers 404 and what passes by', () => {
  const toCluster = (cluster: string) => [{ match: { prefix: '/' }, route: { cluster } }];
  const domains = ['a.x.svc.cluster.local', 'a', 'a.x.svc', 'a.x', '10.0.0.1', 'a:80'];
  const tables = [
    { name: '8080', virtual_hosts: [{ domains: ['*'] }] },
    {
      name: '80',
      virtual_hosts: [
        { domains, routes: toCluster('outbound|80||a') },
        { domains: ['*'], routes: toCluster('PassthroughCluster') },
      ],
    },
  ];
  expect(formatRoutes(tables, '1.17.2')).toBe(
    [
      'NAME     DOMAINS                MATCH     VIRTUAL SERVICE',
      '80       a, a.x + 1 more...     /*        ',
      '8080     *                      /*        404',
      '',
    ].join('\n'),
  );
});

test('prints clusters by service, with the rule that shaped them', () => {
  expect(formatClusters(recorded('clusters-of-the-eks-ingress-gateway'))).toBe(
    [
      'SERVICE FQDN           PORT     SUBSET     DIRECTION     TYPE           DESTINATION RULE',
      'BlackHoleCluster       -        -          -             STATIC         ',
      'alb.jesus2.solo.io     443      -          outbound      STRICT_DNS     dr-alb-ext.istio-ingress',
      '',
    ].join('\n'),
  );
});

test('prints a line for each filter chain', () => {
  expect(formatListeners(recorded('listeners-of-the-eks-ingress-gateway'), '1.17.2')).toBe(
    [
      'ADDRESS PORT MATCH                DESTINATION',
      '0.0.0.0 8443 SNI: lambda.external Route: https.443.https.eastwestgateway.istio-ingress',
      '',
    ].join('\n'),
  );
});

test('prints endpoints by address, with their health', () => {
  const endpoint = (address: string, port: number, state = {}) => ({
    cluster: 'outbound|80||a',
    address,
    port,
    isHealthy: true,
    isEjected: false,
    ...state,
  });
  const endpoints = [
    endpoint('10.0.0.2', 8080, { isHealthy: false }),
    endpoint('10.0.0.1', 8080),
    endpoint('10.0.0.1', 80, { isEjected: true }),
  ];
  expect(formatEndpoints(endpoints)).toBe(
    [
      'ENDPOINT          STATUS        OUTLIER CHECK     CLUSTER',
      '10.0.0.1:80       HEALTHY       FAILED            outbound|80||a',
      '10.0.0.1:8080     HEALTHY       OK                outbound|80||a',
      '10.0.0.2:8080     UNHEALTHY     OK                outbound|80||a',
      '',
    ].join('\n'),
  );
});

test('prints the columns that a version has', () => {
  const headings = (table: string) => table.trim().split(/ {5,}/);
  const ofStatus = (version: string) => headings(formatProxyStatus([], version)).join();
  expect(ofStatus('1.11.0')).toBe('NAME,CDS,LDS,EDS,RDS,ISTIOD,VERSION');
  expect(ofStatus('1.13.0')).toBe('NAME,CLUSTER,CDS,LDS,EDS,RDS,ISTIOD,VERSION');
  expect(ofStatus('1.14.0')).toBe('NAME,CLUSTER,CDS,LDS,EDS,RDS,ECDS,ISTIOD,VERSION');
  expect(ofStatus('1.27.0')).toBe('NAME,CLUSTER,ISTIOD,VERSION,SUBSCRIBED TYPES');
  expect(headings(formatRoutes([], '1.17.2'))).not.toContain('VHOST NAME');
  expect(headings(formatRoutes([], '1.18.0'))).toEqual(['NAME', 'VHOST NAME', 'DOMAINS', 'MATCH', 'VIRTUAL SERVICE']);
  expect(formatListeners([], '1.19.0')).toMatch(/^ADDRESSES PORT MATCH DESTINATION\n$/);
});

test('counts the types that a proxy subscribed to, as the newest istioctl does', () => {
  const row = {
    name: 'a.default',
    kubeCluster: 'east',
    clusterId: 'Kubernetes',
    cdsStatus: 'SYNCED',
    ldsStatus: 'STALE',
    edsStatus: 'NOT SENT',
    rdsStatus: 'IGNORED',
    ecdsStatus: 'IGNORED',
    istiod: 'istiod-1',
    version: '1.28.0',
    rejections: {},
  } as const;
  expect(formatProxyStatus([row], '1.28.0').split('\n')[1]).toBe(
    'a.default     Kubernetes     istiod-1     1.28.0      3 (CDS,LDS,EDS)',
  );
});

test('prints certificates, never keys, and secrets that have not come', async () => {
  const authority = await createAuthority({ commonName: 'root', random: createRandom('secrets') });
  const notBefore = new Date('2026-01-01T00:00:00Z');
  const notAfter = new Date('2026-02-01T00:00:00Z');
  const { chainPem } = await authority.issue({ commonName: 'a', notBefore, notAfter });
  const secrets = [
    {
      name: 'kubernetes://a',
      tls_certificate: {
        certificate_chain: { inline_bytes: Buffer.from(chainPem).toString('base64') },
        private_key: { inline_bytes: 'W3JlZGFjdGVkXQ==' },
      },
    },
    { name: 'kubernetes://late' },
  ];
  const [, first, second] = formatSecrets(secrets, notBefore.getTime()).split('\n');
  expect(first).toMatch(
    /^kubernetes:\/\/a {8}Cert Chain {5}ACTIVE {6}true {11}\d+ +2026-02-01T00:00:00Z {5}2026-01-01T00:00:00Z$/,
  );
  expect(second).toMatch(/^kubernetes:\/\/late {5}Cert Chain {5}WARMING {5}false/);
  expect(formatSecrets(secrets, notAfter.getTime() + 1_000)).toMatch(/ACTIVE {6}false/);
});
