import type { JsonValue } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { parseProxy } from '#control-plane/istio/proxy.ts';
import { at, createTestMesh, createTestNode, createTestProxy, GATEWAY, listAt, managerOf } from '../mesh.ts';

const SIDECAR = createTestProxy();
const ROUTER = createTestProxy(GATEWAY);

const BASE = `
apiVersion: v1
kind: Service
metadata: {name: httpbin}
spec: {clusterIP: 10.43.0.80, ports: [{name: http, port: 80}], selector: {app: httpbin}}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gateway, namespace: istio-system}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: http}, hosts: ['*']}]}
---
`;

function operator(spec: string): string {
  return `
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
spec: ${spec}
---
`;
}

function meshConfig(config: string): string {
  return operator(`{profile: minimal, meshConfig: ${config}}`);
}

function telemetry(spec: string, { name = 'logs', namespace = 'istio-system' } = {}): string {
  return `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
---
`;
}

function managersOf(manifests: string, proxy = SIDECAR, istioVersion = '1.24.0'): JsonValue[] {
  const listeners = createTestMesh({ manifests: BASE + manifests, istioVersion }).generate(proxy, LISTENER_TYPE);
  return listeners.flatMap((listener) => listAt(listener, 'filter_chains').flatMap((chain) => managerOf(chain) ?? []));
}

/** Where each kind of a sidecar's connection managers writes. */
function logsOf(manifests: string) {
  const paths = managersOf(manifests).map((manager) => ({
    isInbound: at(manager, 'stat_prefix') === 'inbound_0.0.0.0_80',
    path: at(manager, 'access_log', 0, 'typed_config', 'path'),
  }));
  const find = (isInbound: boolean) => paths.find((entry) => entry.isInbound === isInbound)?.path;
  return { inbound: find(true), outbound: find(false) };
}

const STDOUT = { inbound: '/dev/stdout', outbound: '/dev/stdout' };
const NOWHERE = { inbound: undefined, outbound: undefined };

test('writes an access log where the mesh says so, and in the demo profile', () => {
  expect(logsOf('')).toEqual(NOWHERE);
  expect(logsOf(meshConfig('{accessLogFile: /dev/stdout}'))).toEqual(STDOUT);
  expect(logsOf(operator('{profile: demo}'))).toEqual(STDOUT);
  expect(logsOf(operator("{profile: demo, meshConfig: {accessLogFile: ''}}"))).toEqual(NOWHERE);
});

test("writes it in Istio's form, in text or JSON, or in the form that is given", () => {
  const formatOf = (config: string, istioVersion?: string) =>
    at(
      managersOf(meshConfig(`{accessLogFile: /dev/stdout, ${config}}`), ROUTER, istioVersion)[0],
      'access_log',
      0,
      'typed_config',
      'log_format',
    );
  const textOf = (...options: Parameters<typeof formatOf>) =>
    at(formatOf(...options), 'text_format_source', 'inline_string');
  expect(textOf('')).toMatch(/^\[%START_TIME%\] "%REQ\(:METHOD\)% .* %UPSTREAM_CLUSTER_RAW% .* %ROUTE_NAME%\n$/);
  expect(textOf('', '1.17.2')).toContain(' %UPSTREAM_CLUSTER% ');
  expect(textOf("accessLogFormat: '%RESPONSE_CODE%'")).toBe('%RESPONSE_CODE%\n');
  expect(at(formatOf('accessLogEncoding: JSON'), 'json_format', 'response_flags')).toBe('%RESPONSE_FLAGS%');
  const own = `accessLogEncoding: JSON, accessLogFormat: '{"code": "%RESPONSE_CODE%"}'`;
  expect(at(formatOf(own), 'json_format')).toEqual({ code: '%RESPONSE_CODE%' });
});

test.each([
  ['mesh', telemetry('{accessLogging: [{providers: [{name: envoy}]}]}'), STDOUT],
  [
    'namespace over mesh',
    telemetry('{accessLogging: [{providers: [{name: envoy}]}]}') +
      telemetry('{accessLogging: [{disabled: true}]}', { namespace: 'default' }),
    NOWHERE,
  ],
  [
    'workload over namespace',
    telemetry('{accessLogging: [{providers: [{name: envoy}]}]}', { namespace: 'default' }) +
      telemetry('{selector: {matchLabels: {app: httpbin}}, accessLogging: [{disabled: true}]}', {
        name: 'own',
        namespace: 'default',
      }),
    NOWHERE,
  ],
  [
    'one side',
    telemetry('{accessLogging: [{match: {mode: SERVER}, providers: [{name: envoy}]}]}'),
    { inbound: '/dev/stdout', outbound: undefined },
  ],
  ['another workload', telemetry('{selector: {matchLabels: {app: x}}, accessLogging: [{disabled: true}]}'), NOWHERE],
  [
    'over what the mesh has in its configuration',
    meshConfig('{accessLogFile: /dev/stdout}') +
      telemetry('{accessLogging: [{match: {mode: CLIENT}, providers: [{name: envoy}], disabled: true}]}'),
    { inbound: '/dev/stdout', outbound: undefined },
  ],
  ['no word about logs', meshConfig('{accessLogFile: /dev/stdout}') + telemetry('{tracing: [{}]}'), STDOUT],
])('listens to the Telemetry of the %s', (_, manifests, expected) => {
  expect(logsOf(manifests)).toEqual(expected);
});

test('takes the retries of the mesh where a route says nothing', () => {
  const policyOf = (config: string, name: string) => {
    const manifests = `${BASE}${meshConfig(config)}`;
    const [table] = createTestMesh({ manifests, istioVersion: '1.24.0' }).generate(SIDECAR, ROUTE_TYPE, [name]);
    return at(table, 'virtual_hosts', 0, 'routes', 0, 'route', 'retry_policy');
  };
  expect(policyOf('{defaultHttpRetryPolicy: {attempts: 5, retryOn: 5xx}}', '80')).toMatchObject({
    num_retries: 5,
    retry_on: '5xx',
  });
  expect(policyOf('{defaultHttpRetryPolicy: {attempts: 0}}', '80')).toBeUndefined();
});

test('normalizes paths as the mesh wants it', () => {
  const pathsOf = (normalization: string) =>
    managersOf(meshConfig(`{pathNormalization: {normalization: ${normalization}}}`))[0];
  expect(pathsOf('DEFAULT')).toMatchObject({ normalize_path: true });
  expect(at(pathsOf('NONE'), 'normalize_path')).toBe(false);
  expect(pathsOf('MERGE_SLASHES')).toMatchObject({ normalize_path: true, merge_slashes: true });
  expect(pathsOf('DECODE_AND_MERGE_SLASHES')).toMatchObject({
    merge_slashes: true,
    path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD',
  });
});

test('tells gateways what stands in front of them', () => {
  const topology =
    '{defaultConfig: {gatewayTopology: {numTrustedProxies: 2, forwardClientCertDetails: APPEND_FORWARD}}}';
  expect(managersOf(meshConfig(topology), ROUTER)[0]).toMatchObject({
    xff_num_trusted_hops: 2,
    forward_client_cert_details: 'APPEND_FORWARD',
  });
});

test('listens to what a gateway says of itself first', () => {
  const metadata = { PROXY_CONFIG: { gatewayTopology: { numTrustedProxies: 3 } } };
  const node = createTestNode(GATEWAY);
  const proxy = parseProxy({ ...node, metadata: { ...node.metadata, ...metadata } });
  const manifests = meshConfig('{defaultConfig: {gatewayTopology: {numTrustedProxies: 2}}}');
  expect(managersOf(manifests, proxy)[0]).toMatchObject({ xff_num_trusted_hops: 3 });
});

test('waits for connections as long as the mesh says', () => {
  const manifests = BASE + meshConfig('{connectTimeout: 3s}');
  const [cluster] = createTestMesh({ manifests }).generate(SIDECAR, CLUSTER_TYPE);
  expect(at(cluster, 'connect_timeout')).toBe('3s');
});

test.each([
  [meshConfig('{accessLogFile: /var/log/a}'), 'unknown value "/var/log/a" of field "accessLogFile"'],
  [meshConfig('{extensionProviders: []}'), 'field "extensionProviders" in "meshConfig" is not supported'],
  [
    telemetry('{accessLogging: [{providers: [{name: otel}]}]}'),
    'must be "envoy": this control plane knows no other provider',
  ],
  [telemetry('{accessLogging: [{filter: {expression: a}}]}'), 'field "filter" in "accessLogging" is not supported'],
])('refuses %s', (manifests, message) => {
  expect(() => createTestMesh({ manifests })).toThrow(message);
});
