import type { JsonObject } from '@bufbuild/protobuf';
import type { TestCertificates } from '../test/conformance/certificates.ts';

export const MODES = ['passthrough', 'JSON'] as const;
export type Mode = (typeof MODES)[number];

export interface BenchPorts {
  readonly upstream: number;
  /** HTTP/1.1 and HTTP/2 without TLS. */
  readonly plain: Readonly<Record<Mode, number>>;
  readonly tls: Readonly<Record<Mode, number>>;
}

const EXTENSIONS = 'type.googleapis.com/envoy.extensions';

/** The gateway of the bug report: `aws_lambda` in Istio's chain of filters, and a cluster that says it is Lambda. */
export function createBenchBootstrap(ports: BenchPorts, certificates: TestCertificates): JsonObject {
  return {
    node: { id: 'bench', cluster: 'bench' },
    static_resources: {
      listeners: MODES.flatMap((mode) => [
        createListener(`plain ${mode}`, ports.plain[mode], { filters: [createManager(mode)] }),
        createListener(`tls ${mode}`, ports.tls[mode], {
          filters: [createManager(mode)],
          transport_socket: terminateTls(certificates),
        }),
      ]),
      clusters: [createLambdaCluster(ports.upstream)],
    },
  };
}

function createListener(name: string, port: number, chain: JsonObject): JsonObject {
  return { name, address: addressOf(port), filter_chains: [chain] };
}

function addressOf(port: number): JsonObject {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}

function createManager(mode: Mode): JsonObject {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: 'bench',
      use_remote_address: true,
      normalize_path: true,
      http_filters: [
        createFilter('cors', 'cors.v3.Cors'),
        createFilter('fault', 'fault.v3.HTTPFault'),
        createFilter('aws_lambda', 'aws_lambda.v3.Config', {
          arn: 'arn:aws:lambda:us-east-1:123456789012:function:cat',
          payload_passthrough: mode === 'passthrough',
        }),
        createFilter('router', 'router.v3.Router'),
      ],
      route_config: {
        name: 'bench',
        virtual_hosts: [
          {
            name: 'all',
            domains: ['*'],
            routes: [
              {
                match: { prefix: '/cat' },
                route: { cluster: 'lambda_egress_gateway', host_rewrite_literal: 'lambda.us-east-1.amazonaws.com' },
              },
            ],
          },
        ],
      },
    },
  };
}

function createFilter(name: string, type: string, fields: JsonObject = {}): JsonObject {
  return {
    name: `envoy.filters.http.${name}`,
    typed_config: { '@type': `${EXTENSIONS}.filters.http.${type}`, ...fields },
  };
}

function terminateTls({ server }: TestCertificates): JsonObject {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': `${EXTENSIONS}.transport_sockets.tls.v3.DownstreamTlsContext`,
      common_tls_context: {
        alpn_protocols: ['h2', 'http/1.1'],
        tls_certificates: [
          {
            certificate_chain: { inline_string: server.certificate },
            private_key: { inline_string: server.privateKey },
          },
        ],
      },
    },
  };
}

function createLambdaCluster(port: number): JsonObject {
  return {
    name: 'lambda_egress_gateway',
    type: 'STATIC',
    connect_timeout: '1s',
    metadata: { filter_metadata: { 'com.amazonaws.lambda': { egress_gateway: true } } },
    load_assignment: {
      cluster_name: 'lambda_egress_gateway',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: addressOf(port) } }] }],
    },
  };
}
