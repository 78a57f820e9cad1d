import { expect, test } from 'vitest';
import { createErrorAnswer, IAM_ERRORS, LAMBDA_ERRORS, STS_ERRORS } from '#mock-aws/errors.ts';

const REQUEST_ID = '01234567-89ab-cdef-0123-456789abcdef';
const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

test('answers a mismatch on Lambda with exactly 192 bytes', () => {
  const failure = { status: 403, code: 'InvalidSignatureException', message: MISMATCH };
  const answer = createErrorAnswer(failure, LAMBDA_ERRORS, REQUEST_ID);
  expect(answer).toEqual({
    status: 403,
    headers: [
      'x-amzn-RequestId',
      REQUEST_ID,
      'x-amzn-ErrorType',
      'InvalidSignatureException',
      'Content-Type',
      'application/json',
      'Content-Length',
      '192',
    ],
    body: Buffer.from(`{"message":"${MISMATCH}"}`),
  });
  expect(answer.body).toHaveLength(192);
});

test('answers a mismatch on STS with its envelope, byte for byte', () => {
  const failure = { status: 403, code: 'SignatureDoesNotMatch', message: MISMATCH };
  const { headers, body } = createErrorAnswer(failure, STS_ERRORS, REQUEST_ID);
  expect(body.toString()).toBe(`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error>
    <Type>Sender</Type>
    <Code>SignatureDoesNotMatch</Code>
    <Message>${MISMATCH}</Message>
  </Error>
  <RequestId>${REQUEST_ID}</RequestId>
</ErrorResponse>
`);
  expect(headers).toEqual([
    'x-amzn-RequestId',
    REQUEST_ID,
    'Content-Type',
    'text/xml',
    'Content-Length',
    String(body.length),
  ]);
});

test('names the receiver as the type of a 5xx, in the namespace of IAM', () => {
  const failure = { status: 500, code: 'ServiceFailure', message: 'internal' };
  const text = createErrorAnswer(failure, IAM_ERRORS, REQUEST_ID).body.toString();
  expect(text).toContain('<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">');
  expect(text).toContain('<Type>Receiver</Type>');
});

test('gives query services JSON when the client accepts it', () => {
  const form = { ...STS_ERRORS, accept: 'application/json, text/plain' };
  const { headers, body } = createErrorAnswer({ status: 403, code: 'ExpiredToken', message: 'm' }, form, REQUEST_ID);
  expect(body.toString()).toBe(
    `{"Error":{"Code":"ExpiredToken","Message":"m","Type":"Sender"},"RequestId":"${REQUEST_ID}"}`,
  );
  expect(headers).toContain('application/json');
});

test('escapes what XML cannot hold and counts bytes, not characters', () => {
  const failure = { status: 400, code: 'IncompleteSignature', message: `<a & 'b'> \u0000\ud800 é` };
  const { headers, body } = createErrorAnswer(failure, STS_ERRORS, REQUEST_ID);
  expect(body.toString()).toContain(`<Message>&lt;a &amp; 'b'&gt; \ufffd\ufffd é</Message>`);
  expect(headers.at(-1)).toBe(String(body.length));
});

test('writes members and headers of a service error', () => {
  const failure = {
    status: 429,
    code: 'TooManyRequestsException',
    message: 'Rate Exceeded.',
    details: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', Type: 'User' },
    headers: ['Retry-After', '1'],
  };
  const { headers, body } = createErrorAnswer(failure, LAMBDA_ERRORS, REQUEST_ID);
  expect(body.toString()).toBe(
    '{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}',
  );
  expect(headers).toContain('Retry-After');
});

test('writes Message where Lambda does, and null where it has no text', () => {
  const failure = { status: 403, code: 'AccessDeniedException', message: undefined, member: 'Message' } as const;
  expect(createErrorAnswer(failure, LAMBDA_ERRORS, REQUEST_ID).body.toString()).toBe('{"Message":null}');
});

test.each([
  [302, ['Location', 'https://aws.amazon.com/iam', 'Content-Length', '0'], ''],
  [400, ['Content-Length', '0'], ''],
])('answers %d without code and text as bare as AWS', (status, headers, body) => {
  const answer = createErrorAnswer({ status, code: undefined, message: undefined }, IAM_ERRORS, REQUEST_ID);
  expect(answer).toEqual({ status, headers, body: Buffer.from(body) });
});

test('answers an unsuitable content type with a small page', () => {
  const answer = createErrorAnswer({ status: 403, code: undefined, message: undefined }, IAM_ERRORS, REQUEST_ID);
  expect(answer.headers).toContain('text/html');
  expect(answer.body.toString()).toContain('<title>403 Forbidden</title>');
});
