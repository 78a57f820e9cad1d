import { expect, test } from 'vitest';
import { computeSignature } from '#mock-aws/sigv4/compute-signature.ts';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import { readVectors, type SigningVector } from './support/vectors.ts';

const VECTORS = readVectors();

test('finds every official case in both forms', () => {
  expect(VECTORS).toHaveLength(38);
});

test.each(VECTORS)('computes $name in $form form', (vector) => {
  const { canonicalRequest, stringToSign, signature } = vector;
  expect(compute(vector)).toEqual({ canonicalRequest, stringToSign, signature });
});

test.each(VECTORS)('accepts $name in $form form', ({ request, policy, canonicalRequest, stringToSign }) => {
  expect(verifyRequest(request, policy)).toMatchObject({ accepted: true, canonicalRequest, stringToSign });
});

test.each(VECTORS.filter(({ name }) => name.endsWith('-unnormalized')))(
  'refuses $name in $form form under the normalising rule',
  ({ request, policy }) => {
    const verdict = verifyRequest(request, { ...policy, pathRule: 'normalized' });
    expect(verdict).toMatchObject({ accepted: false, failure: 'signature-mismatch' });
  },
);

function compute({ request, policy, secretAccessKey, form, canonicalRequest }: SigningVector) {
  return computeSignature({
    request,
    secretAccessKey,
    signedHeaders: (canonicalRequest.split('\n').at(-2) ?? '').split(';'),
    timestamp: '20150830T123600Z',
    scope: { day: '20150830', region: policy.region, service: policy.service, terminator: 'aws4_request' },
    pathRule: policy.pathRule,
    form,
    signingKeys: policy.signingKeys,
  });
}
