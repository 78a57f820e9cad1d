import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  ApiConfigSource_ApiType,
  ApiVersion,
  DownstreamTlsContextSchema,
  TlsParameters_TlsProtocol,
  UpstreamTlsContextSchema,
  type CommonTlsContext,
  type CommonTlsContextSchema,
  type SdsSecretConfigSchema,
  type TlsParametersSchema,
  type TransportSocketSchema,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import { createDuration } from './durations.ts';

type CommonTlsContextInit = Exclude<MessageInitShape<typeof CommonTlsContextSchema>, CommonTlsContext>;
type WorkloadTls = Pick<CommonTlsContextInit, 'tlsCertificateSdsSecretConfigs' | 'validationContextType'>;
type SecretConfigInit = MessageInitShape<typeof SdsSecretConfigSchema>;
export type TransportSocketInit = MessageInitShape<typeof TransportSocketSchema>;

export const TLS_SOCKET = 'envoy.transport_sockets.tls';

// istio pilot/pkg/security/authn/utils: what sidecars offer each other.
const WORKLOAD_CIPHER_SUITES = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
];

/** ALPN of a sidecar's inbound TLS: what is below mTLS, so never `istio`. */
const INBOUND_ALPN = { http: ['h2', 'http/1.1'], tcp: ['istio-peer-exchange', 'h2', 'http/1.1'] } as const;

/** What a sidecar's inbound mTLS chain presents and demands: workload certificate, client certificate of the mesh. */
export function createInboundTlsSocket(protocol: 'http' | 'tcp'): TransportSocketInit {
  return {
    name: TLS_SOCKET,
    configType: {
      case: 'typedConfig',
      value: packAny(DownstreamTlsContextSchema, {
        commonTlsContext: {
          ...workloadTls([]),
          alpnProtocols: [...INBOUND_ALPN[protocol]],
          tlsParams: modernTls(WORKLOAD_CIPHER_SUITES),
        },
        requireClientCertificate: true,
      }),
    },
  };
}

export interface MeshTlsOptions {
  readonly sni: string;
  /** The SPIFFE ids that may answer; none means any of the mesh. */
  readonly identities: readonly string[];
  readonly isHttp2: boolean;
}

/** Mutual TLS between proxies of the mesh, from the client's side. */
export function createMeshTlsSocket({ sni, identities, isHttp2 }: MeshTlsOptions): TransportSocketInit {
  return {
    name: TLS_SOCKET,
    configType: {
      case: 'typedConfig',
      value: packAny(UpstreamTlsContextSchema, {
        commonTlsContext: {
          ...workloadTls(identities),
          alpnProtocols: isHttp2 ? ['istio-peer-exchange', 'istio', 'h2'] : ['istio-peer-exchange', 'istio'],
          tlsParams: modernTls(),
        },
        sni,
      }),
    },
  };
}

export function modernTls(cipherSuites: string[] = []): MessageInitShape<typeof TlsParametersSchema> {
  return {
    tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
    tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
    cipherSuites,
  };
}

/** The workload's own certificate and the mesh root, both answered by the agent beside the proxy. */
export function workloadTls(subjectAltNames: readonly string[]): WorkloadTls {
  return {
    tlsCertificateSdsSecretConfigs: [agentSecret('default')],
    validationContextType: {
      case: 'combinedValidationContext',
      value: {
        defaultValidationContext: { matchSubjectAltNames: exactNames(subjectAltNames) },
        validationContextSdsSecretConfig: agentSecret('ROOTCA'),
      },
    },
  };
}

/** A secret that Istio's agent answers on a local socket (xds.md 3.4). */
export function agentSecret(name: string): SecretConfigInit {
  const isOwn = name === 'default' || name === 'ROOTCA';
  return {
    name,
    sdsConfig: {
      configSourceSpecifier: {
        case: 'apiConfigSource',
        value: {
          apiType: ApiConfigSource_ApiType.GRPC,
          transportApiVersion: ApiVersion.V3,
          grpcServices: [{ targetSpecifier: { case: 'envoyGrpc', value: { clusterName: 'sds-grpc' } } }],
          setNodeOnFirstMessageOnly: true,
        },
      },
      resourceApiVersion: ApiVersion.V3,
      ...(isOwn ? { initialFetchTimeout: createDuration(0) } : {}),
    },
  };
}

/** A secret that the control plane answers, such as `kubernetes://<name>`; waiting for it ends after Envoy's 15 s. */
export function controlPlaneSecret(name: string): SecretConfigInit {
  return { name, sdsConfig: { configSourceSpecifier: { case: 'ads', value: {} }, resourceApiVersion: ApiVersion.V3 } };
}

export function exactNames(names: readonly string[]): { matchPattern: { case: 'exact'; value: string } }[] {
  return names.map((value) => ({ matchPattern: { case: 'exact', value } }));
}
