import { expect, test } from 'vitest';
import { envoy125 } from '#signing-proxy/dialects/envoy-1.25.ts';
import { parseLambdaArn } from '#signing-proxy/filters/aws-lambda/lambda-arn.ts';

const { createCanonicalPath, createCanonicalQuery } = envoy125.signing;

const testPath = (name: string, path: string, canonical: string) =>
  test(`signs ${name}`, () => expect(createCanonicalPath(path)).toBe(canonical));

testPath('an empty path as the root', '', '/');
testPath('the root as it is', '/', '/');
testPath(
  'the ARN of a function with its colons encoded',
  '/functions/arn:aws/invocations',
  '/functions/arn%3Aaws/invocations',
);
testPath('what is encoded on the wire twice', '/a%3Ab', '/a%253Ab');
testPath('doubled slashes as one, and keeps the last', '//a///b/', '/a/b/');
testPath('unreserved characters as they are', '/A-z_0.9~', '/A-z_0.9~');
testPath('a byte above ASCII by its number', '/\u00e9', '/%E9');

const testQuery = (name: string, query: string, canonical: string) =>
  test(`signs ${name}`, () => expect(createCanonicalQuery(query)).toBe(canonical));

testQuery('parameters by name, then by value', 'b=2&a=2&a=1', 'a=1&a=2&b=2');
testQuery('a parameter without value with an empty one', 'flag', 'flag=');
testQuery('a plus as a space, and keeps what is encoded', 'q=a+b%20c', 'q=a%20b%20c');
testQuery('an equals sign in a value encoded twice', 'q=a=b', 'q=a%253Db');
testQuery('no empty parameter', '&&a=1&', 'a=1');

test('puts the whole ARN into the path, and signs for the region of the route', () => {
  const arn = parseLambdaArn('arn:aws:lambda:us-east-1:1:function:hello:$LATEST');
  expect(envoy125.lambda.createPath(arn)).toBe(`/2015-03-31/functions/${arn.text}/invocations`);
  expect(envoy125.lambda.signingRegion).toBe('route');
  expect(envoy125.signing.logComponent).toBe('aws');
});
