import { clone } from '@bufbuild/protobuf';
import { AwsCredentialProviderSchema, type AwsCredentialProvider } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { CredentialSource } from '../dialects/types.ts';
import { createAssumeRoleSource } from './assume-role.ts';
import { createContainerCredentials } from './container-credentials.ts';
import { findContainerEndpoint } from './container-endpoint.ts';
import { createContainerSource } from './container-fetch.ts';
import { createCredentialChain, type ChainProvider, type CredentialChain } from './credential-chain.ts';
import type { CredentialEnvironment } from './credential-environment.ts';
import { createEnvironmentCredentials } from './environment-credentials.ts';
import { createFetchedCredentials } from './fetched-credentials.ts';
import { createFileCredentials } from './file-credentials.ts';
import { createInstanceMetadataCredentials } from './instance-metadata-credentials.ts';
import { createInstanceMetadataSource } from './instance-metadata-fetch.ts';
import { createTextSource } from './text-source.ts';
import { createWebIdentitySource } from './web-identity.ts';

/** Puts chains together from what the environment and the configuration say (gateways.md 3.1, 3.7). */
export class ChainBuilder {
  readonly #environment: CredentialEnvironment;
  readonly #isAsync: boolean;
  /** The endpoints of the machine are asked once for all chains. */
  readonly #shared = new Map<CredentialSource, ChainProvider>();

  constructor(environment: CredentialEnvironment) {
    this.#environment = environment;
    this.#isAsync = environment.dialect.credentials.usesAsyncClient(environment.runtimeFlags);
  }

  /** The default chain of the dialect, whose file and web identity a configuration may modify. */
  createDefault(region: string, modifiers?: AwsCredentialProvider): CredentialChain {
    const { chain } = this.#environment.dialect.credentials;
    return this.#create(chain.flatMap((source) => this.#createLink(source, region, modifiers) ?? []));
  }

  /** The credentials file alone. */
  createFromProfile(profile: string): CredentialChain {
    return this.#create([createFileCredentials(this.#environment, { profile })]);
  }

  /**
   * Exactly what a configuration lists, or the default chain with what it modifies. There a role to assume is dropped
   * without a word, so that the ambient identity signs (B74).
   *
   * @throws ConfigError for a provider that this proxy has not
   */
  createConfigured(region: string, config: AwsCredentialProvider): CredentialChain {
    if (config.iamRolesAnywhereCredentialProvider !== undefined)
      throw new ConfigError('iam_roles_anywhere_credential_provider: IAM Roles Anywhere is not supported');
    if (!config.customCredentialProviderChain) return this.createDefault(region, config);
    if (config.configCredentialProvider !== undefined)
      throw new ConfigError('config_credential_provider is not supported');
    const links = [
      config.environmentCredentialProvider && this.#createLink('environment', region),
      config.credentialsFileProvider && this.#createLink('credentials-file', region, config),
      config.assumeRoleCredentialProvider && this.#createAssumedRole(region, config.assumeRoleCredentialProvider),
      config.assumeRoleWithWebIdentityProvider && this.#createLink('web-identity', region, config),
      config.containerCredentialProvider && this.#createLink('container', region),
      config.instanceProfileCredentialProvider && this.#createLink('instance-metadata-v2', region),
    ];
    return this.#create(links.filter((link) => link !== undefined));
  }

  #create(links: readonly ChainProvider[]): CredentialChain {
    return createCredentialChain(links, this.#environment);
  }

  #createLink(source: CredentialSource, region: string, config?: AwsCredentialProvider): ChainProvider | undefined {
    switch (source) {
      case 'environment':
        return createEnvironmentCredentials(this.#environment);
      case 'credentials-file':
        return this.#createFile(config);
      case 'web-identity':
        return this.#createWebIdentity(region, config);
      case 'container':
      case 'instance-metadata-v1':
      case 'instance-metadata-v2':
        return this.#share(source);
    }
  }

  #createFile(config: AwsCredentialProvider | undefined): ChainProvider {
    const { credentialsDataSource: source, profile } = config?.credentialsFileProvider ?? {};
    return createFileCredentials(this.#environment, {
      profile,
      data: source && createTextSource(source, this.#environment),
    });
  }

  #createWebIdentity(region: string, config: AwsCredentialProvider | undefined): ChainProvider | undefined {
    if (!this.#isAsync) return undefined;
    const source = createWebIdentitySource(region, this.#environment, config?.assumeRoleWithWebIdentityProvider);
    return source && createFetchedCredentials(source, this.#environment);
  }

  #createAssumedRole(
    region: string,
    config: NonNullable<AwsCredentialProvider['assumeRoleCredentialProvider']>,
  ): ChainProvider {
    const { credentialProvider } = config;
    const caller =
      credentialProvider === undefined
        ? this.createDefault(region)
        : // A role behind a role is not followed.
          this.createConfigured(region, withoutRole(credentialProvider));
    return createFetchedCredentials(
      createAssumeRoleSource({ config, region, caller }, this.#environment),
      this.#environment,
    );
  }

  #share(source: 'container' | 'instance-metadata-v1' | 'instance-metadata-v2'): ChainProvider | undefined {
    const known = this.#shared.get(source);
    if (known !== undefined) return known;
    const created = source === 'container' ? this.#createContainer() : this.#createInstanceMetadata(source);
    if (created !== undefined) this.#shared.set(source, created);
    return created;
  }

  #createContainer(): ChainProvider | undefined {
    const { environment, log } = this.#environment;
    const endpoint = findContainerEndpoint(environment);
    if (endpoint === undefined) {
      const uri = environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '';
      if (uri !== '')
        log.error('aws', 'AWS_CONTAINER_CREDENTIALS_FULL_URI is no URI, container credentials are left out');
      return undefined;
    }
    return this.#isAsync
      ? createFetchedCredentials(createContainerSource(this.#environment, endpoint), this.#environment)
      : createContainerCredentials(this.#environment, endpoint);
  }

  #createInstanceMetadata(source: 'instance-metadata-v1' | 'instance-metadata-v2'): ChainProvider | undefined {
    const { environment, dialect } = this.#environment;
    // Exactly this text, as Envoy compares it: gateways.md 3.5.
    if (environment['AWS_EC2_METADATA_DISABLED'] === 'true') return undefined;
    const isReplaced = dialect.credentials.hostSources === 'one-of' && findContainerEndpoint(environment) !== undefined;
    if (isReplaced) return undefined;
    if (this.#isAsync)
      return createFetchedCredentials(createInstanceMetadataSource(this.#environment), this.#environment);
    return createInstanceMetadataCredentials(this.#environment, source === 'instance-metadata-v1' ? 'v1' : 'v2');
  }
}

function withoutRole(config: AwsCredentialProvider): AwsCredentialProvider {
  const copy = clone(AwsCredentialProviderSchema, config);
  delete copy.assumeRoleCredentialProvider;
  return copy;
}
