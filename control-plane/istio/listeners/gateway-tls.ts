import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  DownstreamTlsContextSchema,
  TlsParameters_TlsProtocol,
  type CommonTlsContext,
  type CommonTlsContextSchema,
  type TlsParametersSchema,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import type { GatewayTlsSettings } from '../../kube/schemas/gateway.ts';
import {
  agentSecret,
  controlPlaneSecret,
  exactNames,
  TLS_SOCKET,
  workloadTls,
  type TransportSocketInit,
} from '../tls-contexts.ts';

type CommonTlsContextInit = Exclude<MessageInitShape<typeof CommonTlsContextSchema>, CommonTlsContext>;
type KeyMaterial = Pick<CommonTlsContextInit, 'tlsCertificateSdsSecretConfigs' | 'validationContextType'>;

const TLS_VERSIONS = {
  TLS_AUTO: TlsParameters_TlsProtocol.TLS_AUTO,
  TLSV1_0: TlsParameters_TlsProtocol.TLSv1_0,
  TLSV1_1: TlsParameters_TlsProtocol.TLSv1_1,
  TLSV1_2: TlsParameters_TlsProtocol.TLSv1_2,
  TLSV1_3: TlsParameters_TlsProtocol.TLSv1_3,
} as const;

/** What a Gateway's HTTPS server presents and demands (gateways.md 5.4). */
export function createGatewayTlsSocket(settings: GatewayTlsSettings): TransportSocketInit {
  const { mode = 'SIMPLE' } = settings;
  const tlsParams = createTlsParameters(settings);
  return {
    name: TLS_SOCKET,
    configType: {
      case: 'typedConfig',
      value: packAny(DownstreamTlsContextSchema, {
        commonTlsContext: {
          ...createKeyMaterial(settings),
          alpnProtocols: ['h2', 'http/1.1'],
          ...(tlsParams && { tlsParams }),
        },
        requireClientCertificate: mode === 'MUTUAL' || mode === 'ISTIO_MUTUAL',
      }),
    },
  };
}

function createKeyMaterial(settings: GatewayTlsSettings): KeyMaterial {
  const { mode = 'SIMPLE', serverCertificate = '', privateKey = '', subjectAltNames = [] } = settings;
  const { credentialName, credentialNames = credentialName === undefined ? [] : [credentialName] } = settings;
  const [firstName] = credentialNames;
  if (mode === 'ISTIO_MUTUAL') return workloadTls(subjectAltNames);
  const isChecked = mode === 'MUTUAL' || mode === 'OPTIONAL_MUTUAL';
  const own =
    firstName === undefined
      ? [agentSecret(`file-cert:${serverCertificate}~${privateKey}`)]
      : credentialNames.map((name) => controlPlaneSecret(`kubernetes://${name}`));
  const authority =
    firstName === undefined
      ? agentSecret(`file-root:${settings.caCertificates ?? ''}`)
      : controlPlaneSecret(`kubernetes://${firstName}-cacert`);
  return {
    tlsCertificateSdsSecretConfigs: own,
    ...(isChecked && {
      validationContextType: {
        case: 'combinedValidationContext',
        value: {
          defaultValidationContext: {
            matchSubjectAltNames: exactNames(subjectAltNames),
            verifyCertificateSpki: settings.verifyCertificateSpki ?? [],
            verifyCertificateHash: settings.verifyCertificateHash ?? [],
          },
          validationContextSdsSecretConfig: authority,
        },
      },
    }),
  };
}

function createTlsParameters(settings: GatewayTlsSettings): MessageInitShape<typeof TlsParametersSchema> | undefined {
  const { minProtocolVersion = 'TLS_AUTO', maxProtocolVersion = 'TLS_AUTO', cipherSuites = [] } = settings;
  if (minProtocolVersion === 'TLS_AUTO' && maxProtocolVersion === 'TLS_AUTO' && cipherSuites.length === 0) {
    return undefined;
  }
  return {
    tlsMinimumProtocolVersion: TLS_VERSIONS[minProtocolVersion],
    tlsMaximumProtocolVersion: TLS_VERSIONS[maxProtocolVersion],
    cipherSuites,
  };
}
