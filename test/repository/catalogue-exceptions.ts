const GLOO = 'needs Gloo Edge, whose gateway comes later';

/** Rows of the catalogue that no scenario reproduces, and the evidence why. */
export const CATALOGUE_EXCEPTIONS: Readonly<Record<string, string>> = {
  B13: 'needs S3, which the mock has not, and Lambda signs the path that S3 does not; held against the verifier by `test/signing-proxy/filters/aws-request-signing.test.ts`',
  B15: 'reported of VPC Lattice; Lambda, STS and IAM take no SigV4A (aws.md 1.14), and neither the defect nor the fix is stated where it can be read; the working form is held by `test/signing-proxy/filters/aws-request-signing.test.ts`',
  B19: GLOO,
  B20: GLOO,
  B26: 'no effect to be seen: an expiry that is misread falls back to one hour, which is how long the session lives; held by `test/signing-proxy/credentials/web-identity.test.ts`',
  B34: GLOO,
  B35: GLOO,
  B36: GLOO,
  B37: GLOO,
  B39: 'the window does not open in Envoy: a fetch is given up after one second without data, so no answer of STS can be two seconds late; held by `test/signing-proxy/credentials/web-identity.test.ts`',
  B40: GLOO,
  B41: GLOO,
  B42: GLOO,
  B43: GLOO,
  B44: GLOO,
  B45: GLOO,
};
