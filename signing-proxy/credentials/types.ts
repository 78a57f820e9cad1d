import type { AwsCredentialProvider } from '#xds/generated/messages.js';

/** A complete pair of keys, with the session token that temporary keys come with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Where a signing filter gets its keys. Asked once per signed request. */
export interface CredentialProvider {
  /**
   * The keys to sign with now; a promise where the request has to wait for them, because a blocking client is at work or
   * because the release waits for a first fetch. Undefined when there are none: the request is then sent unsigned. Never
   * rejects; failures are logged.
   */
  getCredentials(): Credentials | undefined | Promise<Credentials | undefined>;
}

/** What the configuration of a filter says about its keys. A release ignores the fields that it does not have yet. */
export interface CredentialRequest {
  /** The region signed for, whose STS is asked. */
  readonly region: string;
  /** `credentials` of `aws_lambda`, from 1.31. */
  readonly inline?: Credentials | undefined;
  /** `credentials_profile` of `aws_lambda`, from 1.30: the credentials file alone, with this profile. */
  readonly profile?: string | undefined;
  /** `credential_provider` of `aws_request_signing`, from 1.33. */
  readonly provider?: AwsCredentialProvider | undefined;
}

/** The sources of one proxy. They live as long as it does. */
export interface CredentialSources {
  /**
   * The provider for a filter's configuration: asked when the filter is created, because that is when a fetch in the
   * background begins. The same request gets the same provider.
   *
   * @throws ConfigError when the configuration asks for a source that cannot be used
   */
  find(request: CredentialRequest): CredentialProvider;
  /** The region, or for SigV4A the set of them, where a configuration names none. */
  findRegion(kind: RegionKind): string | undefined;
}

/** What SigV4 is signed for, or SigV4A. */
export type RegionKind = 'region' | 'region-set';
