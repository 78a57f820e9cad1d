import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findContainerEndpoint } from '#signing-proxy/credentials/container-endpoint.ts';
import { DocumentError, parseExpiration, parseKeyDocument } from '#signing-proxy/credentials/key-document.ts';
import { maskSecretsOf } from '#signing-proxy/credentials/mask-secret.ts';
import { parseStsDocument } from '#signing-proxy/credentials/sts-document.ts';

const SECRET = 'wJalrXUtnFEMI-very-secret';
const text = fc.oneof(
  fc.string(),
  fc.json(),
  fc.json().map((json) => json.slice(0, -1)),
  fc.constantFrom('', '<html>', '{"AssumeRoleResponse":1}', '{"AssumeRoleResponse":{"AssumeRoleResult":null}}'),
);

/** What a parser says about a text: nothing when it takes it. */
function complaintOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof DocumentError) return error.message;
    throw error;
  }
}

test('documents of any form are read or refused', () => {
  fc.assert(
    fc.property(text, (given) => {
      complaintOf(() => parseKeyDocument(given));
      complaintOf(() => parseStsDocument(given, 'AssumeRole', true));
    }),
  );
});

test('a refusal never repeats what was in the document', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(60), (noise, cut) => {
      const document = `{"SecretAccessKey":"${SECRET}",${JSON.stringify(noise)}:1,"Token":"${SECRET}"}`.slice(
        0,
        -cut - 1,
      );
      expect(complaintOf(() => parseKeyDocument(document)) ?? '').not.toContain(SECRET.slice(0, 8));
      expect(complaintOf(() => parseStsDocument(document, 'AssumeRole', true)) ?? '').not.toContain(SECRET.slice(0, 8));
    }),
  );
});

const testRefusal = (name: string, document: string, complaint: string) =>
  test(`STS: ${name}`, () => {
    expect(complaintOf(() => parseStsDocument(document, 'AssumeRole', true))).toBe(complaint);
  });

const wrap = (credentials: object) =>
  JSON.stringify({ AssumeRoleResponse: { AssumeRoleResult: { Credentials: credentials } } });
testRefusal('another answer', '{}', 'AWS STS credentials document is empty');
testRefusal('no result', '{"AssumeRoleResponse":{}}', 'AWS STS returned an unexpected result');
testRefusal(
  'no credentials',
  '{"AssumeRoleResponse":{"AssumeRoleResult":{}}}',
  'AWS STS credentials document does not contain any credentials',
);
testRefusal(
  'no session token',
  wrap({ AccessKeyId: 'A', SecretAccessKey: 's' }),
  'Bad format, could not parse AWS credentials document from STS',
);
testRefusal(
  'XML',
  '<ErrorResponse/>',
  'Could not parse AWS credentials document from STS: JSON supplied is not valid. Error: syntax error while parsing value',
);

const testExpiry = (expiration: string, readsExponents: boolean, seconds: number | undefined) =>
  test(`an expiry of ${expiration} ${readsExponents ? 'now' : 'before 1.31'}`, () => {
    const document = wrap({ AccessKeyId: 'A', SecretAccessKey: 's', SessionToken: 't', Expiration: 7 });
    const { expiresAt } = parseStsDocument(document.replace(':7', `:${expiration}`), 'AssumeRole', readsExponents);
    expect(expiresAt).toBe(seconds === undefined ? undefined : seconds * 1000);
  });

testExpiry('1700000000', false, 1_700_000_000);
testExpiry('1.7E9', false, undefined);
testExpiry('1.7E9', true, 1_700_000_000);
testExpiry('-5', true, undefined);
testExpiry('"soon"', true, undefined);
testExpiry('1e999', true, undefined);

test('an expiry as a date is read in the forms of AWS alone', () => {
  expect(parseExpiration('2026-01-01T00:00:00Z')).toBe(Date.UTC(2026, 0, 1));
  expect(parseExpiration('2026-01-01T01:00:00+0100')).toBe(Date.UTC(2026, 0, 1));
  for (const bad of ['', 'tomorrow', '2026', '2026-13-01T00:00:00Z']) expect(parseExpiration(bad)).toBeUndefined();
});

test('an answer in a log hides keys and tokens, in JSON and in XML, and is cut', () => {
  const shown = maskSecretsOf(
    `{"SecretAccessKey":"${SECRET}","Token" : "${SECRET}"}<SessionToken>${SECRET}</SessionToken>${'x'.repeat(9999)}`,
  );
  expect(shown).not.toContain(SECRET);
  expect(shown.length).toBeLessThan(2_100);
});

test('a container endpoint is taken apart, or is none', () => {
  const find = (uri: string) => findContainerEndpoint({ AWS_CONTAINER_CREDENTIALS_FULL_URI: uri });
  expect(find('http://169.254.170.23/v1/credentials')).toMatchObject({
    address: { host: '169.254.170.23', port: 80 },
    path: '/v1/credentials',
  });
  expect(find('http://[fd00:ec2::23]:81/v1')).toMatchObject({
    address: { host: 'fd00:ec2::23', port: 81 },
    path: '/v1',
  });
  fc.assert(fc.property(fc.string(), (uri) => void find(uri)));
});
