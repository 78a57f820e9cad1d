import { toJson } from '@bufbuild/protobuf';
import { AwsCredentialProviderSchema } from '#xds/generated/messages.js';
import { ChainBuilder } from './chain-builder.ts';
import { findRegion } from './find-region.ts';
import type { CredentialEnvironment } from './credential-environment.ts';
import type { CredentialProvider, CredentialRequest, Credentials, CredentialSources } from './types.ts';

/** Creates the credential sources of one proxy; each is created when it is first asked for. */
export function createCredentialSources(environment: CredentialEnvironment): CredentialSources {
  const builder = new ChainBuilder(environment);
  const known = new Map<string, CredentialProvider>();
  return {
    find(request) {
      const key = describeRequest(request);
      const provider = known.get(key) ?? create(request, builder, environment);
      known.set(key, provider);
      return provider;
    },
    findRegion: (kind) => findRegion(kind, environment),
  };
}

function create(request: CredentialRequest, builder: ChainBuilder, environment: CredentialEnvironment) {
  const { region, inline, profile = '', provider } = request;
  const { configurable } = environment.dialect.credentials;
  if (inline !== undefined && configurable.has('inline')) return createInline(inline, environment);
  if (profile !== '' && configurable.has('profile')) return builder.createFromProfile(profile);
  if (provider === undefined || !configurable.has('provider')) return builder.createDefault(region);
  if (provider.inlineCredential !== undefined) return createInline(provider.inlineCredential, environment);
  return builder.createConfigured(region, provider);
}

/** Keys that the configuration itself holds: new ones come with the next push, to new filter chains. */
function createInline(
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  { log, timeline, source }: CredentialEnvironment,
): CredentialProvider {
  const credentials = { accessKeyId, secretAccessKey, sessionToken };
  timeline.emit({ type: 'credential', source, provider: 'inline', outcome: 'found', accessKeyId });
  return {
    getCredentials() {
      log.debug('aws', 'Getting AWS credentials from static configuration');
      return credentials;
    },
  };
}

function describeRequest({ region, inline, profile, provider }: CredentialRequest): string {
  const keys = inline && [inline.accessKeyId, inline.secretAccessKey, inline.sessionToken];
  return JSON.stringify([region, keys, profile, provider && toJson(AwsCredentialProviderSchema, provider)]);
}
