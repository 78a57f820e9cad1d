import { expect, test } from 'vitest';
import { findDialect } from '#signing-proxy/dialects/find-dialect.ts';
import type { Dialect } from '#signing-proxy/dialects/types.ts';
import { parseLambdaArn } from '#signing-proxy/filters/aws-lambda/lambda-arn.ts';

const RELEASES = ['1.19', '1.22', '1.25', '1.29', '1.30', '1.34', '1.36'] as const;
type Release = (typeof RELEASES)[number];

function dialect(release: Release): Dialect {
  const found = findDialect(`envoy-${release}`);
  if (found === undefined) throw new Error(`no dialect envoy-${release}`);
  return found;
}

/** One row per rule: what each release makes of it, in the order of the releases. */
const testPaths = (service: string, path: string, ...expected: readonly [Release, string][]) =>
  test(`path of ${service}: ${path}`, () => {
    for (const release of RELEASES) {
      const rule = expected.findLast(([since]) => RELEASES.indexOf(since) <= RELEASES.indexOf(release));
      expect([release, dialect(release).signing.createCanonicalPath(path, service)]).toEqual([release, rule?.[1]]);
    }
  });

testPaths('lambda', '', ['1.19', '/']);
testPaths('lambda', '/', ['1.19', '/']);
testPaths('lambda', '/A-z_0.9~', ['1.19', '/A-z_0.9~']);
testPaths('lambda', '/f/arn:aws/i', ['1.19', '/f/arn:aws/i'], ['1.22', '/f/arn%3Aaws/i']);
testPaths('lambda', '/a%3Ab', ['1.19', '/a%3Ab'], ['1.22', '/a%253Ab']);
testPaths('lambda', '//a///b/', ['1.19', '//a///b/'], ['1.22', '/a/b/']);
testPaths('lambda', '//x', ['1.19', '//x'], ['1.22', '/x']);
testPaths('lambda', '/a+b', ['1.19', '/a+b'], ['1.22', '/a%2Bb']);
testPaths('lambda', '/\u00e9', ['1.19', '/\u00e9'], ['1.22', '/%E9']);
testPaths('lambda', '/a/./b/../c', ['1.19', '/a/./b/../c'], ['1.36', '/a/c']);
testPaths('es', '/../../../x', ['1.19', '/../../../x'], ['1.36', '///x']);
testPaths('es', '/a/../../c/', ['1.19', '/a/../../c/'], ['1.36', '///c/']);
testPaths('es', '/a/..', ['1.19', '/a/..'], ['1.36', '/']);
// S3: envoyproxy/envoy#35023, #35048.
testPaths('s3', '/a%20b', ['1.19', '/a%20b'], ['1.22', '/a%2520b'], ['1.34', '/a%20b']);
testPaths('s3', '/a//b/../c:d', ['1.19', '/a//b/../c:d'], ['1.22', '/a//b/../c%3Ad']);
testPaths('s3', '/a:%20', ['1.19', '/a:%20'], ['1.22', '/a%3A%2520'], ['1.34', '/a%3A%20'], ['1.36', '/a%3A%2520']);

const testQueries = (query: string, ...expected: readonly [Release, string][]) =>
  test(`query ${query}`, () => {
    for (const release of RELEASES) {
      const rule = expected.findLast(([since]) => RELEASES.indexOf(since) <= RELEASES.indexOf(release));
      expect([release, dialect(release).signing.createCanonicalQuery(query)]).toEqual([release, rule?.[1]]);
    }
  });

testQueries('b=2&a=2&a=1', ['1.19', 'b=2&a=2&a=1'], ['1.22', 'a=1&a=2&b=2']);
testQueries('flag', ['1.19', 'flag'], ['1.22', 'flag=']);
testQueries('q=a+b%20c', ['1.19', 'q=a+b%20c'], ['1.22', 'q=a%20b%20c']);
testQueries('q=a%2Bb', ['1.19', 'q=a%2Bb']);
testQueries('q=a=b', ['1.19', 'q=a=b'], ['1.22', 'q=a%253Db'], ['1.36', 'q=a%3Db']);
testQueries('&&a=1&', ['1.19', '&&a=1&'], ['1.22', 'a=1']);
testQueries('a=%zz', ['1.19', 'a=%zz'], ['1.36', 'a=%25zz']);
testQueries('q=%3d', ['1.19', 'q=%3d'], ['1.36', 'q=%3D']);
testQueries('a%20=1&a!=2', ['1.19', 'a%20=1&a!=2'], ['1.22', 'a%21=2&a%20=1'], ['1.36', 'a%20=1&a%21=2']);

test('writes seconds into the date from 1.34 on', () => {
  const at = Date.UTC(2022, 7, 1, 22, 27, 59, 999);
  const dates = RELEASES.map((release) => dialect(release).signing.formatDate(at));
  expect(dates).toEqual([...Array<string>(5).fill('20220801T222700Z'), '20220801T222759Z', '20220801T222759Z']);
});

test('names the function in the path up to 1.22, and its ARN after that', () => {
  const arn = parseLambdaArn('arn:aws:lambda:us-east-1:1:function:hello:$LATEST');
  const paths = RELEASES.map((release) => dialect(release).lambda.createPath(arn));
  const [byName, byArn] = ['hello:$LATEST', arn.text].map((name) => `/2015-03-31/functions/${name}/invocations`);
  expect(paths).toEqual([byName, byName, byArn, byArn, byArn, byArn, byArn]);
});

test('the signer writes to the log as http up to 1.22', () => {
  const components = RELEASES.map((release) => dialect(release).signing.logComponent);
  expect(components).toEqual(['http', 'http', 'aws', 'aws', 'aws', 'aws', 'aws']);
});
