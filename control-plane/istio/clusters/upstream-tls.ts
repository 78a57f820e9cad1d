import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  UpstreamTlsContextSchema,
  type CommonTlsContext,
  type CommonTlsContextSchema,
  type UpstreamHttpProtocolOptionsSchema,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import type { ClientTlsSettings } from '../../kube/schemas/destination-rule.ts';
import type { Features } from '../features.ts';
import {
  agentSecret,
  controlPlaneSecret,
  exactNames,
  modernTls,
  TLS_SOCKET,
  type TransportSocketInit,
} from '../tls-contexts.ts';

type CommonTlsContextInit = Exclude<MessageInitShape<typeof CommonTlsContextSchema>, CommonTlsContext>;
type KeyMaterial = Pick<CommonTlsContextInit, 'tlsCertificateSdsSecretConfigs' | 'validationContextType'>;

export interface UpstreamTlsOptions {
  readonly settings: ClientTlsSettings;
  /** What the ServiceEntry says about names; counts where the settings say nothing. */
  readonly subjectAltNames: readonly string[];
  readonly isHttp2: boolean;
  readonly features: Features;
}

/** The operating system's authorities, as a file that the agent reads. */
const SYSTEM_AUTHORITIES = 'system';

/** TLS that a DestinationRule asks for in mode SIMPLE or MUTUAL, from the client's side (gateways.md 5.5). */
export function createUpstreamTlsSocket(options: UpstreamTlsOptions): TransportSocketInit {
  const { settings, isHttp2 } = options;
  const { subjectAltNames = [] } = settings;
  const names = subjectAltNames.length > 0 ? subjectAltNames : options.subjectAltNames;
  return {
    name: TLS_SOCKET,
    configType: {
      case: 'typedConfig',
      value: packAny(UpstreamTlsContextSchema, {
        commonTlsContext: {
          ...createKeyMaterial(settings, names, options.features),
          alpnProtocols: isHttp2 ? ['h2'] : [],
          tlsParams: modernTls(),
        },
        sni: settings.sni ?? '',
      }),
    },
  };
}

/**
 * What the proxy itself fills in from the request's host: SNI where nobody set one, and with it the name that the
 * certificate must have. Undefined for nothing.
 */
export function createAutoSni({
  settings,
  features,
}: Pick<UpstreamTlsOptions, 'settings' | 'features'>):
  MessageInitShape<typeof UpstreamHttpProtocolOptionsSchema> | undefined {
  if (!features.setsSni) return undefined;
  const autoSni = (settings.sni ?? '') === '';
  const isNameFree = (settings.subjectAltNames ?? []).length === 0 && settings.insecureSkipVerify !== true;
  const autoSanValidation = features.verifiesCertificates && isNameFree;
  return autoSni || autoSanValidation ? { autoSni, autoSanValidation } : undefined;
}

function createKeyMaterial(settings: ClientTlsSettings, names: readonly string[], features: Features): KeyMaterial {
  const { mode, credentialName, clientCertificate = '', privateKey = '', caCertificates = '' } = settings;
  const own =
    credentialName === undefined
      ? agentSecret(`file-cert:${clientCertificate}~${privateKey}`)
      : controlPlaneSecret(`kubernetes://${credentialName}`);
  const file = caCertificates === '' && features.verifiesCertificates ? SYSTEM_AUTHORITIES : caCertificates;
  const isUnchecked = settings.insecureSkipVerify === true || (credentialName === undefined && file === '');
  const authority =
    credentialName === undefined
      ? agentSecret(`file-root:${file}`)
      : controlPlaneSecret(`kubernetes://${credentialName}-cacert`);
  return {
    ...(mode === 'MUTUAL' && { tlsCertificateSdsSecretConfigs: [own] }),
    validationContextType: isUnchecked
      ? { case: 'validationContext', value: {} }
      : {
          case: 'combinedValidationContext',
          value: {
            defaultValidationContext: { matchSubjectAltNames: exactNames(names) },
            validationContextSdsSecretConfig: authority,
          },
        },
  };
}
