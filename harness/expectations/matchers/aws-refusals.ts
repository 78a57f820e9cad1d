/** What the answer to a refused call must look like, beyond its code. */
export interface AwsRefusal {
  readonly status: number;
  /** The text of the body; left out where it varies with the request. */
  readonly message?: RegExp;
}

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and ' +
  'signing method. Consult the service documentation for details.';

/**
 * Refusals before authorisation (aws.md 1.3, 1.5). The texts are the services' own, so a mock that drifts is noticed here and
 * not only in its own tests. Lambda's mismatch is 192 bytes of JSON with this text.
 */
const REFUSALS: Readonly<Record<string, AwsRefusal>> = {
  InvalidSignatureException: {
    status: 403,
    message: new RegExp(
      `^(${MISMATCH.replaceAll('.', '\\.')}|Signature expired: .+|Signature not yet current: .+|.*must be a 'SignedHeader' in the AWS Authorization\\.|Credential .+)$`,
    ),
  },
  MissingAuthenticationTokenException: { status: 403, message: /^Missing Authentication Token$/ },
  UnrecognizedClientException: { status: 403, message: /^The security token included in the request is invalid\.?$/ },
  ExpiredTokenException: { status: 403, message: /^The security token included in the request is expired$/ },
  IncompleteSignatureException: { status: 403 },
  AccessDeniedException: { status: 403 },
  SignatureDoesNotMatch: { status: 403 },
  InvalidClientTokenId: { status: 403, message: /^The security token included in the request is invalid\.?$/ },
  MissingAuthenticationToken: { status: 403, message: /^Request is missing Authentication Token$/ },
  ExpiredToken: { status: 403, message: /^The security token included in the request is expired$/ },
  IncompleteSignature: { status: 400 },
  AccessDenied: { status: 403 },
};

export function findAwsRefusal(code: string): AwsRefusal | undefined {
  return REFUSALS[code];
}
