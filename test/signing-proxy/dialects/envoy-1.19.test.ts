import { expect, test } from 'vitest';
import { findDialect, listDialects } from '#signing-proxy/dialects/find-dialect.ts';
import { envoy119 } from '#signing-proxy/dialects/envoy-1.19.ts';
import { parseLambdaArn } from '#signing-proxy/filters/aws-lambda/lambda-arn.ts';

test('finds every dialect it lists, and no other', () => {
  expect(listDialects().map((name) => findDialect(name)?.name)).toEqual(listDialects());
  expect(findDialect('envoy-0')).toBeUndefined();
});

test('zeroes the seconds of a date, down and never up', () => {
  expect(envoy119.signing.formatDate(Date.UTC(2022, 7, 1, 22, 27, 59, 999))).toBe('20220801T222700Z');
});

test('puts the bare name and qualifier into the path', () => {
  const arn = parseLambdaArn('arn:aws:lambda:us-east-1:1:function:hello:$LATEST');
  expect(envoy119.lambda.createPath(arn)).toBe('/2015-03-31/functions/hello:$LATEST/invocations');
});

test('an empty path is signed as the root', () => {
  expect(envoy119.signing.createCanonicalPath('', 'lambda')).toBe('/');
});

test('mangles an IPv6 authority as the split at colons does', () => {
  expect(envoy119.signing.createCanonicalHost('[::1]:9080')).toBe('[::1]:9080');
  expect(envoy119.signing.createCanonicalHost('2001:443::1')).toBe('2001');
});
