import { expect, test } from 'vitest';
import { createCanonicalQuery } from '#mock-aws/sigv4/canonical-query.ts';
import { findParameter, parseQuery } from '#mock-aws/sigv4/query-parameters.ts';

test.each([
  ['', ''],
  ['a', 'a='],
  ['b=2&a=1', 'a=1&b=2'],
  ['a=2&a=1&a', 'a=&a=1&a=2'],
  ['a-=1&a=2', 'a=2&a-=1'],
  ['a=b=c', 'a=b%3Dc'],
  ['&a=1&&', 'a=1'],
  ['a=%2a%7E', 'a=%2A~'],
  ['%61=1', 'a=1'],
  ['a=x y', 'a=x%20y'],
  ['a=1+1', 'a=1%2B1'],
  ['\u00e1\u0088\u00b4=bar', '%E1%88%B4=bar'],
  ['X-Amz-Signature=0&a=1', 'X-Amz-Signature=0&a=1'],
])('writes %j as %j', (query, canonical) => {
  expect(createCanonicalQuery(parseQuery(query), 'header')).toBe(canonical);
});

test('leaves its own signature out of the query form', () => {
  expect(createCanonicalQuery(parseQuery('X-Amz-Signature=0&a=1'), 'query')).toBe('a=1');
});

test('reads a plus as a blank when told to', () => {
  expect(createCanonicalQuery(parseQuery('a=1+1', 'space'), 'header')).toBe('a=1%201');
});

test('finds the first value of a name, decoded', () => {
  const parameters = parseQuery('a=x%2Fy&a=z');
  expect(findParameter(parameters, 'a')).toBe('x/y');
  expect(findParameter(parameters, 'b')).toBeUndefined();
});

test.each([
  ['a=%', 'Incomplete trailing escape % sequence'],
  ['a=%4', 'Incomplete trailing escape % sequence'],
  ['a=%4&b=1', 'Incomplete trailing escape % sequence'],
  ['a=%4gh', 'Illegal hex character in escape % pattern: %4g'],
  ['%zz=1', 'Illegal hex character in escape % pattern: %zz'],
])('refuses %j: %s', (query, message) => {
  expect(() => parseQuery(query)).toThrow(expect.objectContaining({ failure: 'query-malformed', message }));
});
