import type { Credentials } from '../../credentials/types.ts';

/** What a signature is good for. */
export interface SignatureScope {
  /** `20220801` */
  readonly date: string;
  /** For SigV4A a set of regions: `us-east-1,eu-*`. */
  readonly region: string;
  readonly service: string;
}

/** The part of signing in which SigV4 and SigV4A differ. Keeps the keys it has derived. */
export interface SignatureMaker {
  /** As the string to sign and the authorization name it. */
  readonly algorithm: string;
  /** Whether the regions travel beside the scope, in `x-amz-region-set`, and not in it. */
  readonly hasRegionSet: boolean;
  /** `20220801/us-east-1/lambda/aws4_request` */
  createCredentialScope(scope: SignatureScope): string;
  /** In lower-case hex. */
  createSignature(stringToSign: string, credentials: Credentials, scope: SignatureScope): string;
}
