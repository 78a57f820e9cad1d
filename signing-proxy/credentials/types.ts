/** A complete pair of keys, with the session token that temporary keys come with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Where a signing filter gets its keys. Asked once per signed request. */
export interface CredentialProvider {
  /** Undefined when there are none: the request is then sent unsigned. Never rejects; failures are logged. */
  getCredentials(): Credentials | undefined | Promise<Credentials | undefined>;
}
