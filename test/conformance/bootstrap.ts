import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { TestCertificates } from './certificates.ts';
import type { ListenerConfig, Place, Suite } from './types.ts';

const TYPES = 'type.googleapis.com/envoy.extensions';

export const ROUTER: JsonObject = {
  name: 'envoy.filters.http.router',
  typed_config: { '@type': `${TYPES}.filters.http.router.v3.Router` },
};

/** What ends the HTTP filters of a cluster. */
export const UPSTREAM_CODEC: JsonObject = {
  name: 'envoy.filters.http.upstream_codec',
  typed_config: { '@type': `${TYPES}.filters.http.upstream_codec.v3.UpstreamCodec` },
};

/** The keys that both processes have in their environment, for releases that take them from the configuration, too. */
const KEYS: JsonObject = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'secret' };

/** The Lambda filter. */
export function lambda(fields: JsonObject = {}): JsonObject {
  const arn = 'arn:aws:lambda:us-east-1:123456789012:function:hello-world-cat';
  return {
    name: 'envoy.filters.http.aws_lambda',
    typed_config: { '@type': `${TYPES}.filters.http.aws_lambda.v3.Config`, arn, credentials: KEYS, ...fields },
  };
}

/** The filter that signs for any service, here Elasticsearch. */
export function signing(fields: JsonObject = {}): JsonObject {
  const config = { service_name: 'es', region: 'us-east-1', credential_provider: { inline_credential: KEYS } };
  return {
    name: 'envoy.filters.http.aws_request_signing',
    typed_config: {
      '@type': `${TYPES}.filters.http.aws_request_signing.v3.AwsRequestSigning`,
      ...config,
      ...fields,
    },
  };
}

/** A route table with one virtual host for every domain. */
export function routesTo(...routes: JsonValue[]): JsonObject {
  return { name: 'local', virtual_hosts: [{ name: 'all', domains: ['*'], routes }] };
}

/** A route for every path. */
export function routeAll(route: JsonObject, more: JsonObject = {}): JsonObject {
  return routesTo({ match: { prefix: '/' }, route: { cluster: 'plain', ...route }, ...more });
}

/** The name of a listener of a suite among all listeners. */
export function nameListener(suite: Suite, listener: string): string {
  return `${suite.name}/${listener}`;
}

/** One static bootstrap for every suite: what Envoy and the signing proxy are both started with. */
export function createBootstrap(suites: readonly Suite[], place: Place, certificates: TestCertificates): JsonObject {
  return {
    node: { id: 'conformance', cluster: 'conformance' },
    static_resources: {
      listeners: suites.flatMap((suite) =>
        Object.entries(suite.listeners).map(([name, config]) =>
          createListener(nameListener(suite, name), config, place, certificates),
        ),
      ),
      clusters: createClusters(place, certificates),
    },
  };
}

function createListener(
  name: string,
  config: ListenerConfig,
  place: Place,
  certificates: TestCertificates,
): JsonObject {
  const body =
    'listener' in config ? config.listener : { filter_chains: [{ filters: [createManager(config.manager)] }] };
  return {
    name,
    address: { socket_address: { address: '127.0.0.1', port_value: place.listenerPorts.get(name) ?? 0 } },
    ...(fillIn(body, certificates) as JsonObject),
  };
}

/** A connection manager whose answers can be compared: callers on this machine are internal, closing is not delayed. */
export function createManager(fields: JsonObject): JsonObject {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': `${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: 'conformance',
      delayed_close_timeout: '0s',
      internal_address_config: {
        cidr_ranges: [
          { address_prefix: '10.0.0.0', prefix_len: 8 },
          { address_prefix: '127.0.0.0', prefix_len: 8 },
          { address_prefix: '172.16.0.0', prefix_len: 12 },
          { address_prefix: '192.168.0.0', prefix_len: 16 },
        ],
      },
      http_filters: [ROUTER],
      ...fields,
    },
  };
}

/** Terminates TLS with an identity of the test's certificates; see `fillIn`. */
export function downstreamTls(identity: 'server' | 'otherServer', fields: JsonObject = {}): JsonObject {
  const { common_tls_context: common = {}, ...rest } = fields;
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': `${TYPES}.transport_sockets.tls.v3.DownstreamTlsContext`,
      ...rest,
      common_tls_context: { tls_certificates: [presentIdentity(identity)], ...(common as JsonObject) },
    },
  };
}

function upstreamTls(common: JsonObject, fields: JsonObject = {}): JsonObject {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': `${TYPES}.transport_sockets.tls.v3.UpstreamTlsContext`,
      common_tls_context: common,
      ...fields,
    },
  };
}

function presentIdentity(name: string): JsonObject {
  return {
    certificate_chain: { inline_string: `{{${name}.certificate}}` },
    private_key: { inline_string: `{{${name}.privateKey}}` },
  };
}

/** A certificate cannot be written into a table of cases, as it is made anew in every run: `{{root}}`, `{{client.privateKey}}`. */
function fillIn(value: JsonValue, certificates: TestCertificates): JsonValue {
  if (typeof value === 'string')
    return value.replace(/^\{\{([\w.]+)\}\}$/, (_, path: string) => lookUp(path, certificates));
  if (Array.isArray(value)) return value.map((item) => fillIn(item, certificates));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, certificates)]));
}

function lookUp(path: string, certificates: TestCertificates): string {
  let found: unknown = certificates;
  for (const key of path.split('.')) found = (found as Record<string, unknown>)[key];
  if (typeof found !== 'string') throw new Error(`there is no certificate ${path}`);
  return found;
}

const TRUST_ROOT = { validation_context: { trusted_ca: { inline_string: '{{root}}' } } };

function createClusters(place: Place, certificates: TestCertificates): JsonValue[] {
  const ports = place.upstreamPorts;
  const trust = (fields: JsonObject): JsonObject => ({
    validation_context: { trusted_ca: { inline_string: '{{root}}' }, ...fields },
  });
  const clusters: Record<string, JsonObject> = {
    plain: createCluster([ports.plain]),
    h2c: { ...createCluster([ports.h2c]), ...httpOptions({ http2_protocol_options: {} }) },
    refused: createCluster([ports.refused]),
    empty: createCluster([]),
    'refused-then-plain': createCluster([ports.refused, ports.plain]),
    tls: { ...createCluster([ports.tls]), transport_socket: upstreamTls(TRUST_ROOT, { sni: 'server.example' }) },
    'tls-no-sni': { ...createCluster([ports.tls]), transport_socket: upstreamTls(TRUST_ROOT) },
    'tls-unverified': { ...createCluster([ports.tls]), transport_socket: upstreamTls({}, { sni: 'anything.example' }) },
    'tls-other-sni': {
      ...createCluster([ports.tls]),
      transport_socket: upstreamTls(TRUST_ROOT, { sni: 'unrelated.example' }),
    },
    'tls-wrong-root': {
      ...createCluster([ports.tls]),
      transport_socket: upstreamTls({ validation_context: { trusted_ca: { inline_string: '{{strangeRoot}}' } } }),
    },
    'tls-san-matches': {
      ...createCluster([ports.tls]),
      transport_socket: upstreamTls(
        trust({ match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'a.example' } }] }),
      ),
    },
    'tls-san-uri-prefix': {
      ...createCluster([ports.tls]),
      transport_socket: upstreamTls(
        trust({ match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { prefix: 'spiffe://mesh/' } }] }),
      ),
    },
    'tls-san-differs': {
      ...createCluster([ports.tls]),
      transport_socket: upstreamTls(
        trust({ match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'elsewhere.example' } }] }),
      ),
    },
    'tls-alpn-h2': {
      ...createCluster([ports.tls]),
      ...httpOptions({ http2_protocol_options: {} }),
      transport_socket: upstreamTls({ ...TRUST_ROOT, alpn_protocols: ['h2'] }, { sni: 'server.example' }),
    },
    'tls-auto': {
      ...createCluster([ports.tls]),
      typed_extension_protocol_options: protocolOptions({
        auto_config: { http_protocol_options: {}, http2_protocol_options: {} },
      }),
      transport_socket: upstreamTls(TRUST_ROOT, { sni: 'server.example' }),
    },
    'tls-auto-sni': {
      ...createCluster([ports.tls]),
      typed_extension_protocol_options: protocolOptions({
        explicit_http_config: { http_protocol_options: {} },
        upstream_http_protocol_options: { auto_sni: true, auto_san_validation: true },
      }),
      transport_socket: upstreamTls(TRUST_ROOT),
    },
    'tls-to-plain': { ...createCluster([ports.plain]), transport_socket: upstreamTls(TRUST_ROOT) },
    'plain-to-tls': createCluster([ports.tls]),
    mutual: {
      ...createCluster([ports['mutual-tls']]),
      transport_socket: upstreamTls({ ...TRUST_ROOT, tls_certificates: [presentIdentity('client')] }),
    },
    'mutual-stranger': {
      ...createCluster([ports['mutual-tls']]),
      transport_socket: upstreamTls({ ...TRUST_ROOT, tls_certificates: [presentIdentity('stranger')] }),
    },
    'mutual-without-certificate': {
      ...createCluster([ports['mutual-tls']]),
      transport_socket: upstreamTls(TRUST_ROOT),
    },
    lambda: {
      ...createCluster([ports.plain]),
      metadata: { filter_metadata: { 'com.amazonaws.lambda': { egress_gateway: true } } },
    },
    named: createNamedCluster(ports.plain),
    'lambda-h2c': {
      ...createCluster([ports.h2c]),
      ...httpOptions({ http2_protocol_options: {} }),
      metadata: { filter_metadata: { 'com.amazonaws.lambda': { egress_gateway: true } } },
    },
    ...createFilteredClusters(ports),
    ...createWatchedClusters(ports),
    'one-request': {
      ...createCluster([ports.plain]),
      circuit_breakers: { thresholds: [{ max_requests: 0 }] },
    },
  };
  return Object.entries(clusters).map(([name, config]) => fillIn({ name, ...config }, certificates));
}

/** Clusters whose HTTP filters sign. */
function createFilteredClusters(ports: Place['upstreamPorts']): Record<string, JsonObject> {
  const filtered = (filter: JsonObject, explicit: JsonObject = { http_protocol_options: {} }): JsonObject => ({
    typed_extension_protocol_options: protocolOptions({
      explicit_http_config: explicit,
      http_filters: [filter, UPSTREAM_CODEC],
    }),
  });
  const plain = createCluster([ports.plain]);
  const overHttp2 = { http2_protocol_options: {} };
  return {
    'signed-by-cluster': { ...plain, ...filtered(signing()) },
    'signed-by-cluster-h2c': { ...createCluster([ports.h2c]), ...filtered(signing(), overHttp2) },
    'signed-by-cluster-unsigned-payload': { ...plain, ...filtered(signing({ use_unsigned_payload: true })) },
    'signed-by-cluster-by-name': { ...createNamedCluster(ports.plain), ...filtered(signing()) },
    'lambda-by-cluster': { ...plain, ...filtered(lambda()) },
    'lambda-by-cluster-passthrough': { ...plain, ...filtered(lambda({ payload_passthrough: true })) },
    'lambda-by-cluster-h2c': { ...createCluster([ports.h2c]), ...filtered(lambda(), overHttp2) },
  };
}

/** Clusters with one endpoint that is ejected with its first failure, as far as the rules let it be. */
function createWatchedClusters(ports: Place['upstreamPorts']): Record<string, JsonObject> {
  const watched = (rules: JsonObject): JsonObject => ({
    ...createCluster([ports.plain]),
    outlier_detection: { consecutive_5xx: 1, base_ejection_time: '60s', ...rules },
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
  });
  return {
    'watched-by-default': watched({}),
    'watched-99': watched({ max_ejection_percent: 99 }),
    'watched-100': watched({ max_ejection_percent: 100 }),
    'watched-always-one': watched({ max_ejection_percent: 0, always_eject_one_host: true }),
    'watched-not-enforced': watched({ max_ejection_percent: 100, enforcing_consecutive_5xx: 0 }),
    'watched-gateway-errors': watched({
      max_ejection_percent: 100,
      consecutive_5xx: 100,
      consecutive_gateway_failure: 1,
      enforcing_consecutive_gateway_failure: 100,
    }),
    'retry-budget': {
      ...createCluster([ports.plain]),
      circuit_breakers: { thresholds: [{ retry_budget: { budget_percent: { value: 0 }, min_retry_concurrency: 0 } }] },
    },
  };
}

function createNamedCluster(port: number): JsonObject {
  return {
    type: 'STRICT_DNS',
    dns_lookup_family: 'V4_ONLY',
    connect_timeout: '1s',
    load_assignment: assignEndpoints('named', 'localhost', [port]),
  };
}

function createCluster(ports: readonly number[]): JsonObject {
  return {
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: assignEndpoints('static', '127.0.0.1', ports),
  };
}

function assignEndpoints(clusterName: string, address: string, ports: readonly number[]): JsonObject {
  const endpoints = ports.map((port) => ({
    endpoint: { address: { socket_address: { address, port_value: port } } },
  }));
  return { cluster_name: clusterName, endpoints: [{ lb_endpoints: endpoints }] };
}

function httpOptions(explicit: JsonObject): JsonObject {
  return { typed_extension_protocol_options: protocolOptions({ explicit_http_config: explicit }) };
}

function protocolOptions(fields: JsonObject): JsonObject {
  return {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': `${TYPES}.upstreams.http.v3.HttpProtocolOptions`,
      ...fields,
    },
  };
}
