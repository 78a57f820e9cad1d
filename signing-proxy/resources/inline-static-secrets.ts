import { clone, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { anyPack, anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  ClusterSchema,
  DownstreamTlsContextSchema,
  ListenerSchema,
  UpstreamTlsContextSchema,
  type Cluster,
  type CommonTlsContext,
  type Listener,
  type SdsSecretConfig,
  type Secret,
  type TransportSocket,
} from '#xds/generated/messages.js';

/** Puts the secrets of a bootstrap into the TLS contexts that name them without a source. */
export interface SecretInliner {
  cluster(cluster: Cluster): Cluster;
  listener(listener: Listener): Listener;
}

export function createSecretInliner(secrets: readonly Secret[]): SecretInliner {
  const known = new Map(secrets.map((secret) => [secret.name, secret]));
  if (known.size === 0) return { cluster: (cluster) => cluster, listener: (listener) => listener };
  return {
    cluster(given) {
      const cluster = clone(ClusterSchema, given);
      for (const holder of [cluster, ...cluster.transportSocketMatches])
        inlineInto(holder.transportSocket, UpstreamTlsContextSchema, known);
      return cluster;
    },
    listener(given) {
      const listener = clone(ListenerSchema, given);
      for (const chain of [...listener.filterChains, listener.defaultFilterChain])
        inlineInto(chain?.transportSocket, DownstreamTlsContextSchema, known);
      return listener;
    },
  };
}

type KnownSecrets = ReadonlyMap<string, Secret>;

function inlineInto<Schema extends DescMessage>(
  socket: TransportSocket | undefined,
  schema: Schema,
  secrets: KnownSecrets,
): void {
  if (socket?.configType.value === undefined) return;
  const context = anyUnpack<DescMessage>(socket.configType.value, schema) as
    (MessageShape<Schema> & { readonly commonTlsContext?: CommonTlsContext }) | undefined;
  if (context?.commonTlsContext === undefined) return;
  inlineCertificates(context.commonTlsContext, secrets);
  inlineValidation(context.commonTlsContext, secrets);
  socket.configType = { case: 'typedConfig', value: anyPack(schema, context) };
}

function inlineCertificates(context: CommonTlsContext, secrets: KnownSecrets): void {
  const remaining: SdsSecretConfig[] = [];
  for (const config of context.tlsCertificateSdsSecretConfigs) {
    const secret = findSecret(config, secrets);
    if (secret?.type.case === 'tlsCertificate') context.tlsCertificates.push(secret.type.value);
    else remaining.push(config);
  }
  context.tlsCertificateSdsSecretConfigs = remaining;
}

function inlineValidation(context: CommonTlsContext, secrets: KnownSecrets): void {
  const { validationContextType: type } = context;
  if (type.case === 'validationContextSdsSecretConfig') {
    const secret = findSecret(type.value, secrets);
    if (secret?.type.case === 'validationContext')
      context.validationContextType = { case: 'validationContext', value: secret.type.value };
  }
  if (type.case === 'combinedValidationContext') {
    const { defaultValidationContext, validationContextSdsSecretConfig } = type.value;
    const secret = validationContextSdsSecretConfig && findSecret(validationContextSdsSecretConfig, secrets);
    if (secret?.type.case !== 'validationContext') return;
    // The default brings names to check, the secret brings the authority.
    const { trustedCa } = secret.type.value;
    const value = { ...secret.type.value, ...defaultValidationContext, ...(trustedCa && { trustedCa }) };
    context.validationContextType = { case: 'validationContext', value };
  }
}

function findSecret({ name, sdsConfig }: SdsSecretConfig, secrets: KnownSecrets): Secret | undefined {
  return sdsConfig === undefined ? secrets.get(name) : undefined;
}
