import { expect, test } from 'vitest';
import { CLUSTER_TYPE, ENDPOINT_TYPE } from '#xds/resource-types.ts';
import { at, createTestMesh, createTestPod, createTestProxy, GATEWAY, listAt, namesOf } from '../mesh.ts';

const SIDECAR = createTestProxy();
const ROUTER = createTestProxy({ ...GATEWAY, namespace: 'default' });
const HOST = 'httpbin.default.svc.cluster.local';

const BASE = `
apiVersion: v1
kind: Service
metadata: {name: httpbin}
spec: {clusterIP: 10.43.0.80, ports: [{name: http, port: 80}, {name: http-admin, port: 81}], selector: {app: httpbin}}
---
apiVersion: networking.istio.io/v1beta1
kind: ServiceEntry
metadata: {name: external}
spec:
  hosts: [api.example.com]
  ports: [{number: 443, name: https, protocol: HTTPS}]
  resolution: DNS
  subjectAltNames: [api.example.com]
---
`;

function rule(spec: string, { name = 'rule', namespace = 'default' } = {}): string {
  return `
apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
---
`;
}

interface Options {
  readonly proxy?: typeof SIDECAR;
  readonly istioVersion?: string;
  readonly istiodEnvironment?: Readonly<Record<string, string>>;
}

function clustersOf(manifests: string, { proxy = SIDECAR, ...setUp }: Options = {}) {
  const pods = [createTestPod({ labels: { app: 'httpbin', version: 'v1' } })];
  return createTestMesh({ manifests: BASE + manifests, pods, ...setUp }).generate(proxy, CLUSTER_TYPE);
}

function clusterOf(manifests: string, name = `outbound|80||${HOST}`, options: Options = {}) {
  return clustersOf(manifests, options).find((cluster) => cluster['name'] === name);
}

test('adds a cluster for each subset, with the endpoints that have its labels', () => {
  const subsets = rule(
    '{host: httpbin, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}',
  );
  expect(namesOf(clustersOf(subsets)).slice(1, 7)).toEqual([
    `outbound|80||${HOST}`,
    `outbound|80|v1|${HOST}`,
    `outbound|80|v2|${HOST}`,
    `outbound|81||${HOST}`,
    `outbound|81|v1|${HOST}`,
    `outbound|81|v2|${HOST}`,
  ]);
  const pods = [createTestPod({ labels: { app: 'httpbin', version: 'v1' } })];
  const names = [`outbound|80|v1|${HOST}`, `outbound|80|v2|${HOST}`, `outbound|80|none|${HOST}`];
  const assignments = createTestMesh({ manifests: BASE + subsets, pods }).generate(SIDECAR, ENDPOINT_TYPE, names);
  expect(assignments.map((assignment) => listAt(assignment, 'endpoints', 0, 'lb_endpoints').length)).toEqual([1, 0, 0]);
});

test('names the rule and the subset in the metadata, and the subset in the SNI', () => {
  const cluster = clusterOf(rule('{host: httpbin, subsets: [{name: v1}]}'), `outbound|80|v1|${HOST}`);
  expect(at(cluster, 'metadata', 'filter_metadata', 'istio')).toEqual({
    config: '/apis/networking.istio.io/v1alpha3/namespaces/default/destination-rule/rule',
    subset: 'v1',
    services: [{ host: HOST, name: 'httpbin', namespace: 'default' }],
  });
  const socket = at(cluster, 'transport_socket_matches', 0, 'transport_socket', 'typed_config');
  expect(at(socket, 'sni')).toBe(`outbound_.80_.v1_.${HOST}`);
});

test('replaces all settings by those of the port', () => {
  const policy = `{
    host: httpbin,
    trafficPolicy: {
      loadBalancer: {simple: RANDOM},
      connectionPool: {tcp: {connectTimeout: 3s, maxConnections: 7}},
      portLevelSettings: [{port: {number: 81}, loadBalancer: {simple: ROUND_ROBIN}}],
    },
  }`;
  expect(clusterOf(rule(policy))).toMatchObject({
    lb_policy: 'RANDOM',
    connect_timeout: '3s',
    circuit_breakers: { thresholds: [{ max_connections: 7, max_requests: 4294967295 }] },
  });
  const ofPort = clusterOf(rule(policy), `outbound|81||${HOST}`);
  expect(ofPort).toMatchObject({
    connect_timeout: '10s',
    circuit_breakers: { thresholds: [{ max_connections: 4294967295 }] },
  });
  expect(ofPort).not.toHaveProperty('lb_policy');
});

test('lets a subset change what the rule says, setting by setting', () => {
  const policy = `{
    host: httpbin,
    trafficPolicy: {loadBalancer: {simple: RANDOM}, connectionPool: {tcp: {connectTimeout: 3s}}},
    subsets: [{name: v1, trafficPolicy: {connectionPool: {http: {idleTimeout: 5s, maxRequestsPerConnection: 2}}}}],
  }`;
  const cluster = clusterOf(rule(policy), `outbound|80|v1|${HOST}`);
  expect(cluster).toMatchObject({ lb_policy: 'RANDOM', connect_timeout: '10s' });
  expect(
    at(cluster, 'typed_extension_protocol_options', 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'),
  ).toMatchObject({
    common_http_protocol_options: { idle_timeout: '5s', max_requests_per_connection: 2 },
    explicit_http_config: { http_protocol_options: {} },
  });
});

test('limits connections in time and HTTP/2 connections in requests', () => {
  const pool =
    '{tcp: {idleTimeout: 1h, maxConnectionDuration: 2h}, http: {h2UpgradePolicy: UPGRADE, maxConcurrentStreams: 7}}';
  const options = at(
    clusterOf(rule(`{host: httpbin, trafficPolicy: {connectionPool: ${pool}}}`)),
    'typed_extension_protocol_options',
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
  );
  expect(options).toMatchObject({
    common_http_protocol_options: { idle_timeout: '3600s', max_connection_duration: '7200s' },
    explicit_http_config: { http2_protocol_options: { max_concurrent_streams: 7 } },
  });
});

test('ejects by consecutive failures', () => {
  const settings =
    '{consecutive5xxErrors: 3, consecutiveGatewayErrors: 0, interval: 5s, baseEjectionTime: 1m, maxEjectionPercent: 50}';
  expect(clusterOf(rule(`{host: httpbin, trafficPolicy: {outlierDetection: ${settings}}}`))).toMatchObject({
    outlier_detection: {
      consecutive_5xx: 3,
      enforcing_consecutive_5xx: 100,
      consecutive_gateway_failure: 0,
      enforcing_consecutive_gateway_failure: 0,
      enforcing_success_rate: 0,
      interval: '5s',
      base_ejection_time: '60s',
      max_ejection_percent: 50,
    },
    common_lb_config: { healthy_panic_threshold: {} },
  });
});

const EXTERNAL = 'outbound|443||api.example.com';

function external(tls: string): string {
  return rule(`{host: api.example.com, trafficPolicy: {tls: ${tls}}}`);
}

function contextOf(tls: string, options?: Options) {
  return at(clusterOf(external(tls), EXTERNAL, options), 'transport_socket', 'typed_config');
}

test('calls with TLS in mode SIMPLE, without any check where no authority is named', () => {
  expect(contextOf('{mode: SIMPLE}')).toEqual({
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
    common_tls_context: {
      tls_params: { tls_minimum_protocol_version: 'TLSv1_2', tls_maximum_protocol_version: 'TLSv1_3' },
      validation_context: {},
    },
  });
});

test('checks against the operating system with VERIFY_CERTIFICATE_AT_CLIENT, and by names of the ServiceEntry', () => {
  const istiodEnvironment = { VERIFY_CERTIFICATE_AT_CLIENT: 'true' };
  expect(contextOf('{mode: SIMPLE, sni: api.example.com}', { istiodEnvironment })).toMatchObject({
    sni: 'api.example.com',
    common_tls_context: {
      combined_validation_context: {
        default_validation_context: { match_subject_alt_names: [{ exact: 'api.example.com' }] },
        validation_context_sds_secret_config: { name: 'file-root:system' },
      },
    },
  });
  expect(contextOf('{mode: SIMPLE, insecureSkipVerify: true}', { istiodEnvironment })).toMatchObject({
    common_tls_context: { validation_context: {} },
  });
});

test('shows a credential to gateways, from the control plane', () => {
  const tls = '{mode: MUTUAL, credentialName: mine, sni: api.example.com, subjectAltNames: [other.example.com]}';
  expect(contextOf(tls, { proxy: ROUTER })).toMatchObject({
    sni: 'api.example.com',
    common_tls_context: {
      tls_certificate_sds_secret_configs: [{ name: 'kubernetes://mine', sds_config: { ads: {} } }],
      combined_validation_context: {
        default_validation_context: { match_subject_alt_names: [{ exact: 'other.example.com' }] },
        validation_context_sds_secret_config: { name: 'kubernetes://mine-cacert' },
      },
    },
  });
});

test('leaves a credential out on sidecars, which then call in plain text, unless the rule chooses them', () => {
  expect(contextOf('{mode: MUTUAL, credentialName: mine}')).toBeUndefined();
  const chosen = rule(
    '{host: api.example.com, workloadSelector: {matchLabels: {app: httpbin}}, trafficPolicy: {tls: {mode: SIMPLE, credentialName: mine}}}',
  );
  expect(clusterOf(chosen, EXTERNAL)).toHaveProperty('transport_socket');
  expect(clusterOf(chosen, EXTERNAL, { proxy: ROUTER })).not.toHaveProperty('transport_socket');
});

test('reads key and certificate from files in mode MUTUAL', () => {
  const tls = '{mode: MUTUAL, clientCertificate: /a.pem, privateKey: /a.key, caCertificates: /ca.pem}';
  expect(contextOf(tls)).toMatchObject({
    common_tls_context: {
      tls_certificate_sds_secret_configs: [{ name: 'file-cert:/a.pem~/a.key' }],
      combined_validation_context: { validation_context_sds_secret_config: { name: 'file-root:/ca.pem' } },
    },
  });
});

test('speaks mesh TLS to every endpoint in mode ISTIO_MUTUAL, and none in mode DISABLE', () => {
  const mutual = clusterOf(rule('{host: httpbin, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: my.sni}}}'));
  expect(at(mutual, 'transport_socket', 'typed_config')).toMatchObject({
    sni: 'my.sni',
    common_tls_context: { tls_certificate_sds_secret_configs: [{ name: 'default' }] },
  });
  expect(mutual).not.toHaveProperty('transport_socket_matches');
  const disabled = clusterOf(rule('{host: httpbin, trafficPolicy: {tls: {mode: DISABLE}}}'));
  expect(disabled).not.toHaveProperty('transport_socket');
  expect(disabled).not.toHaveProperty('transport_socket_matches');
});

test('checks names by the called host from 1.21 on', () => {
  const options = clusterOf(external('{mode: SIMPLE}'), EXTERNAL, { istioVersion: '1.21.0' });
  const path = ['typed_extension_protocol_options', 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'];
  expect(at(options, ...path, 'upstream_http_protocol_options')).toEqual({ auto_sni: true, auto_san_validation: true });
  const named = clusterOf(external('{mode: SIMPLE, sni: a, subjectAltNames: [a]}'), EXTERNAL, {
    istioVersion: '1.21.0',
  });
  expect(at(named, ...path, 'upstream_http_protocol_options')).toBeUndefined();
});

test.each([
  [
    'the own namespace before the Service',
    [
      ['own', 'team', ''],
      ['service', 'default', ''],
    ],
    'own',
  ],
  [
    'the Service before others',
    [
      ['other', 'other', ''],
      ['service', 'default', ''],
    ],
    'service',
  ],
  ['only what is exported', [['service', 'default', 'exportTo: [.], ']], undefined],
  [
    'a name before a wildcard',
    [
      ['wild', 'default', 'wild'],
      ['service', 'default', ''],
    ],
    'service',
  ],
])('takes the rule of %s', (_title, rules, expected) => {
  const proxy = createTestProxy({ ...GATEWAY, namespace: 'team' });
  const manifests = rules.map(([name = '', namespace = '', extra = '']) => {
    const host = extra === 'wild' ? '"*.default.svc.cluster.local"' : HOST;
    return rule(`{${extra === 'wild' ? '' : extra}host: ${host}, subsets: [{name: ${name}}]}`, { name, namespace });
  });
  const cluster = clusterOf(manifests.join(''), `outbound|80||${HOST}`, { proxy });
  const config = at(cluster, 'metadata', 'filter_metadata', 'istio', 'config');
  expect(typeof config === 'string' ? config.split('/').at(-1) : undefined).toBe(expected);
});

test('merges the subsets of rules for one host; the oldest policy counts', () => {
  const manifests =
    rule('{host: httpbin, subsets: [{name: a}], trafficPolicy: {loadBalancer: {simple: RANDOM}}}', { name: 'a' }) +
    rule(`{host: ${HOST}, subsets: [{name: a}, {name: b}], trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}}`, {
      name: 'b',
    });
  const ofPort = clustersOf(manifests).filter(
    ({ name }) => typeof name === 'string' && name.startsWith('outbound|80|'),
  );
  expect(ofPort.map(({ name, lb_policy: policy }) => [name, policy])).toEqual([
    [`outbound|80||${HOST}`, 'RANDOM'],
    [`outbound|80|a|${HOST}`, 'RANDOM'],
    [`outbound|80|b|${HOST}`, 'RANDOM'],
  ]);
});

test.each([
  ['{host: httpbin, trafficPolicy: {tls: {mode: MUTUAL}}}', 'MUTUAL needs "credentialName"'],
  ['{host: httpbin, trafficPolicy: {tls: {mode: SIMPEL}}}', 'SIMPLE'],
  ['{host: httpbin, trafficPolicy: {loadBalancer: {zoneAwareLbSetting: {}}}}', 'is not supported'],
  [
    '{host: httpbin, trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true, httpHeaderName: a}}}}',
    'field "consistentHash" in "loadBalancer": must have only one of',
  ],
  [
    '{host: httpbin, trafficPolicy: {loadBalancer: {simple: RANDOM, consistentHash: {}}}}',
    'field "consistentHash" in "loadBalancer": must not stand beside "simple"',
  ],
  ['{subsets: []}', 'missing field "host"'],
])('refuses %s', (spec, message) => {
  expect(() => createTestMesh({ manifests: rule(spec) })).toThrow(message);
});

test('starts endpoints slowly where a rule warms them up', () => {
  const config = (loadBalancer: string, istioVersion = '1.24.0') => {
    const manifests = rule(`{host: httpbin, trafficPolicy: {loadBalancer: ${loadBalancer}}}`);
    return clusterOf(manifests, undefined, { istioVersion });
  };
  expect(config('{simple: ROUND_ROBIN, warmup: {duration: 1m, aggression: 2.5}}')).toMatchObject({
    round_robin_lb_config: {
      slow_start_config: {
        slow_start_window: '60s',
        aggression: { default_value: 2.5, runtime_key: '(' },
        min_weight_percent: { value: 10 },
      },
    },
  });
  expect(config('{warmupDurationSecs: 30s}')).toMatchObject({
    lb_policy: 'LEAST_REQUEST',
    least_request_lb_config: { slow_start_config: { slow_start_window: '30s' } },
  });
  expect(() => config('{simple: RANDOM, warmupDurationSecs: 30s}')).toThrow(
    'field "warmupDurationSecs" in "loadBalancer": needs "simple" to be LEAST_REQUEST or ROUND_ROBIN',
  );
});

test('holds retries to a budget, for ports with settings of their own, too', () => {
  const manifests = rule(`{host: httpbin, trafficPolicy: {
    retryBudget: {percent: 12.5, minRetryConcurrency: 5},
    portLevelSettings: [{port: {number: 80}, connectionPool: {tcp: {maxConnections: 7}}}],
  }}`);
  expect(at(clusterOf(manifests), 'circuit_breakers', 'thresholds', 0)).toMatchObject({
    max_connections: 7,
    retry_budget: { budget_percent: { value: 12.5 }, min_retry_concurrency: 5 },
  });
});

test('speaks HTTP/2 to any port where a rule asks for the upgrade, unless callers decide', () => {
  const options = (http: string) =>
    at(
      clusterOf(rule(`{host: api.example.com, trafficPolicy: {connectionPool: {http: ${http}}}}`), EXTERNAL),
      'typed_extension_protocol_options',
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    );
  expect(at(options('{h2UpgradePolicy: UPGRADE}'), 'explicit_http_config', 'http2_protocol_options')).toBeDefined();
  const byCaller = options('{h2UpgradePolicy: UPGRADE, useClientProtocol: true}');
  expect(at(byCaller, 'use_downstream_protocol_config')).toBeDefined();
});
