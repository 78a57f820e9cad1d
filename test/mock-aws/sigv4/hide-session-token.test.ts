import { expect, test } from 'vitest';
import { hideSessionToken } from '#mock-aws/sigv4/hide-session-token.ts';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import { createPolicy, presignRequest, signRequest, TEMPORARY_KEY } from './support/requests.ts';

test.each([
  ['header', signRequest],
  ['query', presignRequest],
])('hides the token of the %s form and nothing else', async (_, sign) => {
  const { canonicalRequest = '' } = verifyRequest(await sign({ key: TEMPORARY_KEY }), createPolicy());
  const token = TEMPORARY_KEY.sessionToken ?? '';
  const written = canonicalRequest.includes(token) ? token : encodeURIComponent(token);
  expect(canonicalRequest).toContain(written);
  expect(hideSessionToken(canonicalRequest)).toBe(canonicalRequest.replace(written, '(hidden)'));
});

test('leaves a request without a token alone', () => {
  const canonicalRequest = 'GET\n/\na=1\nhost:h\n\nhost\nabc';
  expect(hideSessionToken(canonicalRequest)).toBe(canonicalRequest);
});
