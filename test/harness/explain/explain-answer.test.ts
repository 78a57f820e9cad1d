import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { explainAnswer } from '#harness/explain/explain-answer.ts';
import { explainCheckedText } from '#harness/explain/explain-checked-text.ts';
import { readPasted } from '#harness/explain/pasted/read-pasted.ts';
import type { PastedAnswer } from '#harness/explain/pasted/types.ts';
import { createInvoke, SECRET, setHeader, signRequest } from './sign-request.ts';

function readAnswer(text: string): PastedAnswer {
  const [pasted] = readPasted(Buffer.from(text), 'paste.txt');
  if (pasted?.form !== 'answer') throw new TypeError(`${pasted?.form} is no answer`);
  return pasted.answer;
}

const BROKEN = (authorization: string) =>
  JSON.stringify({
    message: `'AWS4-HMAC-SHA256' not a valid key=value pair (missing equal-sign) in Authorization header: '${authorization}'.`,
  });
const ONE =
  'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00';

test.each([
  [
    '{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}',
    'function-throttled',
  ],
  ['{"errorMessage":"boom","errorType":"Error","trace":[]}', 'function-failed'],
  ['{"Error":{"Code":"ExpiredTokenException","Message":"Token expired"},"RequestId":"r"}', 'session-token-expired'],
  [
    '{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"The security token included in the request is invalid."}',
    'access-key-unknown',
  ],
  [
    '<MissingAuthenticationTokenException><Message>Missing Authentication Token</Message></MissingAuthenticationTokenException>',
    'not-signed',
  ],
  [
    '<Error><Code>InvalidAccessKeyId</Code><Message>The AWS Access Key Id you provided does not exist</Message></Error>',
    'access-key-unknown',
  ],
  ['<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message></Error>', 'clock-skew'],
  [BROKEN(`${ONE},${ONE}`), 'malformed-authorization'],
  [
    'An error occurred (ExpiredTokenException) when calling the Invoke operation: The security token included in the request is expired',
    'session-token-expired',
  ],
  ['UnrecognizedClientException: The security token included in the request is invalid.', 'access-key-unknown'],
  [
    'HTTP/1.1 403 Forbidden\r\nx-amzn-ErrorType: InvalidSignatureException\r\n\r\n{"message":"Signature expired: 20260101T000000Z is now earlier than x"}',
    'clock-skew',
  ],
  ['HTTP/1.1 503 Service Unavailable\nserver: istio-envoy\n\nno healthy upstream', 'no-healthy-upstream'],
  ['HTTP/2 200\nx-amz-function-error: Unhandled\n\nnonsense', 'function-failed'],
])('%s is explained by %s', (text, cause) => {
  expect(explainAnswer(readAnswer(text)).cause).toBe(cause);
});

test.each([
  [
    'because no identity-based policy allows the lambda:InvokeFunction action',
    /^allow lambda:InvokeFunction on arn:aws:lambda:\S+ in a policy of arn:aws:iam::1:user\/u$/,
  ],
  ['because no resource-based policy allows the lambda:InvokeFunction action', /add-permission/],
  ['with an explicit deny in a service control policy', /^take the Deny out of the service control policy/],
  ['because no permissions boundary allows the lambda:InvokeFunction action', /permissions boundary as well/],
])('a denial %s has its own way out', (reason, fix) => {
  const message = `User: arn:aws:iam::1:user/u is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:1:function:f ${reason}`;
  const explanation = explainAnswer(readAnswer(JSON.stringify({ Message: message })));
  expect(explanation).toMatchObject({ cause: 'not-authorized', grade: 'consistent' });
  expect(explanation.sentence).toMatch(
    /^The signature was accepted, but arn:aws:iam::1:user\/u may not do lambda:InvokeFunction/,
  );
  expect(explanation.fix).toMatch(fix);
});

test('two signatures in one header are told apart from a token of the caller, and neither is quoted', () => {
  const two = explainAnswer(readAnswer(BROKEN(`${ONE},${ONE.replace('AKIDEXAMPLE', 'AKIDOTHER')}`)));
  expect(two.sentence).toBe(
    'The request carries two signatures in one Authorization header, and AWS reads them as one that is broken (keys AKIDEXAMPLE and AKIDOTHER).',
  );
  const bearer = explainAnswer({
    code: 'IncompleteSignatureException',
    message: "Unsupported AWS 'algorithm': 'Bearer'.",
  });
  expect(bearer.sentence).toBe('AWS took the Authorization header of the caller ("Bearer") for the signature.');
});

test('a temporary key without its token is told from a key that is not known', () => {
  const answer = { code: 'UnrecognizedClientException' };
  const signed = signRequest(createInvoke());
  expect(explainAnswer(answer, signed)).toMatchObject({ cause: 'access-key-unknown' });
  const authorization = (value: string) =>
    setHeader(signed, 'Authorization', value.replace(/Credential=\w+/, 'Credential=ASIAEXAMPLE'));
  const [header = ''] = signed.headers.filter((_, index) => signed.headers[index - 1] === 'Authorization');
  expect(explainAnswer(answer, authorization(header))).toMatchObject({ cause: 'session-token-missing' });
});

const HASH = createHash('sha256').digest('hex');
const CANONICAL = (host: string) => `GET\n/\n\nhost:${host}\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n${HASH}`;
const STRING_TO_SIGN = (host: string) =>
  `AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/s3/aws4_request\n${createHash('sha256').update(CANONICAL(host)).digest('hex')}`;

function sign(text: string): string {
  const keys = ['20150830', 'us-east-1', 's3', 'aws4_request'];
  const key = keys.reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${SECRET}`,
  );
  return createHmac('sha256', key).update(text).digest('hex');
}

const HOST = 'cats.s3.amazonaws.com';
const S3 = (signature: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message><StringToSign>${STRING_TO_SIGN(HOST)}</StringToSign><SignatureProvided>${signature}</SignatureProvided><CanonicalRequest>${CANONICAL(HOST)}</CanonicalRequest></Error>`;

test("S3's own texts prove the cause where the secret is known", () => {
  const { checked } = readAnswer(S3(sign(STRING_TO_SIGN(`${HOST}:9080`))));
  expect(checked && explainCheckedText(checked, { keys: { secretAccessKey: SECRET } })).toMatchObject({
    cause: 'host-port',
    grade: 'proved',
  });
});

test('texts of AWS without a secret prove nothing, and say what would', () => {
  const { checked } = readAnswer(S3('00'));
  const explanation = checked && explainCheckedText(checked, { keys: {} });
  expect(explanation).toMatchObject({ cause: 'unexplained', grade: 'unexplained' });
  expect(explanation?.fix).toMatch(/^set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/);
});

test('the canonical string that a service quotes in its message is read', () => {
  const message = `no\n\nThe Canonical String for this request should have been\n'${CANONICAL(HOST)}'\n\nThe String-to-Sign should have been\n'${STRING_TO_SIGN(HOST)}'\n`;
  expect(readAnswer(JSON.stringify({ message })).checked).toEqual({
    canonicalRequest: CANONICAL(HOST),
    stringToSign: STRING_TO_SIGN(HOST),
  });
});
