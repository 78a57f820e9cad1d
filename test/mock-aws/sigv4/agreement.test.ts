import fc from 'fast-check';
import { expect, test } from 'vitest';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import { createPolicy, presignRequest, signRequest, TEMPORARY_KEY, ACCESS_KEY } from './support/requests.ts';

const RUNS = 1_100;

const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((value) => value.isWellFormed());
const segment = fc.oneof(
  text.map((value) => encodeURIComponent(value)),
  fc.constantFrom('', '.', 'functions', 'a:b', 'arn%3Aaws%3Alambda', 'a+b', '~user', "it's", '$LATEST', '%C3%A9'),
);
const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`);
/** Keys of prototypes aside: the signer's own query is a plain object. */
const name = text.filter((value) => !value.toLowerCase().startsWith('x-amz-') && value !== '__proto__');
const query = fc.dictionary(name, fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })), { maxKeys: 4 });
const headerName = fc
  .stringMatching(/^[a-z][a-z0-9-]{0,15}$/)
  .filter((value) => !['authorization', 'date', 'host'].includes(value) && !value.startsWith('x-amz-'));
const headerValue = fc.string({ unit: 'binary-ascii', maxLength: 30 }).map((value) => value.replace(/[\r\n\0]/g, ' '));
const headers = fc.dictionary(headerName, headerValue, { maxKeys: 6, noNullPrototype: true });
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'),
  path,
  query,
  headers,
  body: fc.uint8Array({ maxLength: 200 }),
  key: fc.constantFrom(ACCESS_KEY, TEMPORARY_KEY),
});

test('accepts what the AWS SDK signs in a header', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (options) => {
      expect(verifyRequest(await signRequest(options), createPolicy())).toMatchObject({ accepted: true });
    }),
    { numRuns: RUNS },
  );
});

test('accepts what the AWS SDK signs in a query', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (options) => {
      expect(verifyRequest(await presignRequest(options), createPolicy())).toMatchObject({ accepted: true });
    }),
    { numRuns: RUNS },
  );
});

test('accepts what the AWS SDK signs as S3 does', async () => {
  const plainPath = fc
    .array(fc.oneof(text, fc.constantFrom('', '.', '..')), { maxLength: 4 })
    .map((segments) => `/${segments.map(encodeStrictly).join('/')}`);
  await fc.assert(
    fc.asyncProperty(plainPath, async (wirePath) => {
      const signed = await signRequest({ path: wirePath, service: 's3', uriEscapePath: false });
      const policy = createPolicy({ service: 's3', pathRule: 'raw' });
      expect(verifyRequest(signed, policy)).toMatchObject({ accepted: true });
    }),
    { numRuns: 200 },
  );
});

function encodeStrictly(segmentText: string): string {
  return encodeURIComponent(segmentText).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
