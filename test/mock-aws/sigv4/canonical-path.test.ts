import { expect, test } from 'vitest';
import { createCanonicalPath } from '#mock-aws/sigv4/canonical-path.ts';

test.each([
  ['', '/'],
  ['/', '/'],
  ['/a/b', '/a/b'],
  ['/a/b/', '/a/b/'],
  ['//a///b', '/a/b'],
  ['/a/./b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/b/..', '/a'],
  ['/a/..', '/'],
  ['/a/../', '/'],
  ['/.hidden/..x', '/.hidden/..x'],
  ['/a:b', '/a%3Ab'],
  ['/a%3Ab', '/a%253Ab'],
  ['/%2E%2E/a', '/%252E%252E/a'],
  ['/a b', '/a%20b'],
  ['/a+b*~', '/a%2Bb%2A~'],
  ['/\u00e1\u0088\u00b4', '/%E1%88%B4'],
])('normalises %j to %j', (path, canonical) => {
  expect(createCanonicalPath(path, 'normalized')).toBe(canonical);
});

test.each([
  ['//a/./b/..', '//a/./b/..'],
  ['/a%3ab', '/a%3Ab'],
  ['/%61', '/a'],
  ['/a%2Fb', '/a%2Fb'],
  ['/a b:c', '/a%20b%3Ac'],
])('leaves the segments of %j as S3 does: %j', (path, canonical) => {
  expect(createCanonicalPath(path, 'raw')).toBe(canonical);
});

test.each(['a', '*', 'http://h/a', '/%', '/%4', '/%4g', '/..', '/a/../..'])('refuses %j', (path) => {
  expect(() => createCanonicalPath(path, 'normalized')).toThrow(expect.objectContaining({ failure: 'path-malformed' }));
});

test('lets a key of S3 climb above the root', () => {
  expect(createCanonicalPath('/../a', 'raw')).toBe('/../a');
});
