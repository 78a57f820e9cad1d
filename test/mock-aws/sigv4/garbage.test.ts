import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyEdge } from '#mock-aws/edge/apply-edge.ts';
import { createErrorAnswer, LAMBDA_ERRORS, STS_ERRORS } from '#mock-aws/errors.ts';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import { createPolicy, createQueryPolicy } from './support/requests.ts';

const bytes = fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value).toString('latin1'));
const anyText = fc.oneof(bytes, fc.string({ unit: 'binary', maxLength: 40 }));
const word = fc.constantFrom(
  'AWS4-HMAC-SHA256',
  'Credential=',
  'Credential=AKIAALICEEXAMPLE0000/20260101/us-east-1/lambda/aws4_request',
  'SignedHeaders=',
  'SignedHeaders=host;__proto__;constructor',
  'Signature=',
  `Signature=${'a'.repeat(64)}`,
  ',',
  ' ',
  '=',
);
const authorization = fc.array(fc.oneof(word, anyText), { maxLength: 8 }).map((words) => words.join(' '));
const parameter = fc.constantFrom(
  'X-Amz-Algorithm=AWS4-HMAC-SHA256',
  'X-Amz-Credential=AKIAALICEEXAMPLE0000%2F20260101%2Fus-east-1%2Flambda%2Faws4_request',
  'X-Amz-Date=20260101T120000Z',
  'X-Amz-SignedHeaders=host',
  'X-Amz-Signature=%FF',
  'X-Amz-Expires=1e999',
  'a+b',
  '%',
);
const target = fc.oneof(
  anyText,
  fc.array(fc.oneof(parameter, anyText), { maxLength: 8 }).map((parts) => `/?${parts.join('&')}`),
);
const date = fc.oneof(anyText, fc.constantFrom('20260101T120000Z', '20261301T120000Z', '9999-12-31T23:59:59-23:59'));
const request = fc.record({
  method: anyText,
  target,
  httpVersion: fc.constant('1.1' as const),
  headers: fc
    .tuple(authorization, date, anyText, fc.array(anyText, { maxLength: 5 }), fc.boolean())
    .map(([value, stamp, host, others, isSigned]) => [
      ...(isSigned ? ['Authorization', value] : []),
      'X-Amz-Date',
      stamp,
      'Host',
      host,
      ...others,
    ]),
  body: fc.uint8Array({ maxLength: 20 }),
});

test('answers anything, and throws at nothing', () => {
  fc.assert(
    fc.property(request, (garbage) => {
      for (const policy of [createPolicy(), createQueryPolicy('sts', { honoursExpires: true })]) {
        const edge = applyEdge(garbage, { service: policy.service, hostPolicy: 'aws', frontEnd: 'warn' });
        const verdict = verifyRequest(edge.request, policy);
        expect(verdict.accepted).toBe(false);
        if (verdict.accepted) return;
        const form = policy.family === 'query' ? STS_ERRORS : LAMBDA_ERRORS;
        expect(createErrorAnswer(verdict, form, 'id').status).toBe(verdict.status);
      }
    }),
    { numRuns: 2_000 },
  );
});
